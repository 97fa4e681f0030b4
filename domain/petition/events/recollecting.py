"""民情再收集: facts about whether the resident, or the place, says that it is settled."""

from __future__ import annotations

from typing import ClassVar

from domain.kernel import Event, Personal, registered
from domain.vocabulary import ContactMethod, Respondent, Satisfaction, Solved


@registered
class OpinionGathered(Event):
    """再收集意见: what the petitioner or the place says now. `new_matter`: something new came up."""

    TOPIC: ClassVar[str] = "petition.opinion_gathered"
    respondent: Respondent
    method: ContactMethod
    settled: bool
    text: Personal[str] | None = None
    new_matter: Personal[str] | None = None


@registered
class PetitionClosed(Event):
    """办结: the resident, or the place, says that it is settled."""

    TOPIC: ClassVar[str] = "petition.closed"
    summary: Personal[str] | None = None


@registered
class FileArchived(Event):
    """归档: the file got its archive number."""

    TOPIC: ClassVar[str] = "petition.archived"
    archive_number: str


@registered
class PetitionReopened(Event):
    """重办: not settled; the same file goes round again. `round` is the new one, never a new number."""

    TOPIC: ClassVar[str] = "petition.reopened"
    round: int
    reason: Personal[str]


@registered
class ResidentSpoke(Event):
    """居民意见: what the petitioner said on the public pages, with number and query code. It closes and blocks nothing.

    `solved` is None where the resident only wrote something.
    """

    TOPIC: ClassVar[str] = "petition.resident_spoke"
    solved: Solved | None = None
    satisfaction: Satisfaction = Satisfaction.NO_OPINION
    text: Personal[str] | None = None
