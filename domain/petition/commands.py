"""Every step, gathered: importing this module fills `STEPS`, the one catalogue of what can be done to a file."""

from domain.petition import (
    handling,
    handling_reply,
    handling_time,
    intake,
    publishing,
    receiving,
    receiving_file,
    receiving_letters,
    recollecting,
    supervising,
    supervising_overdue,
)
from domain.petition.command import STEPS, PetitionCommand
from domain.petition.intake import ImportPetition, ReceivePetition

__all__ = [
    "STEPS",
    "ImportPetition",
    "PetitionCommand",
    "ReceivePetition",
    "handling",
    "handling_reply",
    "handling_time",
    "intake",
    "publishing",
    "receiving",
    "receiving_file",
    "receiving_letters",
    "recollecting",
    "supervising",
    "supervising_overdue",
]
