"""例外审批: what departs from the rule is asked for by one person and decided by another.

Declining (不予受理), a waived notice (免予告知), a voided number (作废), a waived publication (不公示): the stems hold
the commands, here is what they share. Which decision answers which asking is told in `taking.DECIDED`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, TypeVar

from pydantic import Field

from domain.errors import DomainError
from domain.kernel import Context, Erased, Event
from domain.petition.command import PetitionCommand, Prose
from domain.petition.petition import Petition
from domain.petition.rules import decided_by_another, not_possible, not_waiting_yet

E = TypeVar("E", bound=Event)


class AskException(PetitionCommand):
    """What asking for an exception shares: one of a kind at a time."""

    matter: ClassVar[tuple[str, str]]
    """What is asked for, in Chinese and English."""

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """None may wait already."""
        return not_waiting_yet(petition.exceptions.get(cls.event), cls.matter)


class DecideException(PetitionCommand):
    """What deciding on an exception shares: it was asked for, by another person and about the work of others."""

    asking: ClassVar[type[AskException]]

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """One must wait, and neither the asker nor whoever is barred from it decides."""
        asked = petition.exceptions.get(cls.asking.event)
        return decided_by_another(asked, cls.asking.matter, context, cls.barred_too(petition))

    @classmethod
    def barred_too(cls, petition: Petition) -> Collection[str]:
        """Who beside the asker may not decide; by itself, nobody."""
        return ()


class RefuseException(DecideException):
    """What refusing an exception shares: whoever asked is told why."""

    reason: Prose = Field(title="理由")


def asked_for(petition: Petition, kind: type[E]) -> E:
    """The fact that asked for it, whose words the decision takes over; NotPossibleNow once they were erased."""
    asked = petition.exceptions[kind].fact
    assert isinstance(asked, kind)
    if any(isinstance(getattr(asked, name), Erased) for name in kind.model_fields):
        raise not_possible("申请内容已删除，请不予同意后重新申请", "what was asked for was erased: refuse it, ask anew")
    return asked
