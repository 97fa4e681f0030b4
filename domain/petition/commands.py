"""Every step, gathered: importing this module fills `STEPS`, the one catalogue of what can be done to a file."""

from domain.petition import (
    handling,
    handling_duty,
    handling_reply,
    handling_time,
    handling_together,
    intake,
    publishing,
    receiving,
    receiving_exceptions,
    receiving_file,
    receiving_letters,
    recollecting,
    supervising,
    supervising_orders,
    supervising_overdue,
    supervising_review,
)
from domain.petition.command import STEPS, PetitionCommand
from domain.petition.intake import ImportPetition, ReceivePetition

STEMS = {
    "receiving": "民情受理",
    "handling": "民情办理",
    "publishing": "公示回应",
    "supervising": "跟踪监督",
    "recollecting": "民情再收集",
}
"""The steps of the loop, by the stem of their modules, with what they are called."""

__all__ = [
    "STEMS",
    "STEPS",
    "ImportPetition",
    "PetitionCommand",
    "ReceivePetition",
    "handling",
    "handling_duty",
    "handling_reply",
    "handling_time",
    "handling_together",
    "intake",
    "publishing",
    "receiving",
    "receiving_exceptions",
    "receiving_file",
    "receiving_letters",
    "recollecting",
    "supervising",
    "supervising_orders",
    "supervising_overdue",
    "supervising_review",
]
