"""民情再收集: ask the petitioner or the place again. Settled: closed and archived. Not settled: round again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError
from domain.kernel import Context, Event
from domain.petition.command import PetitionCommand, Prose, invalid
from domain.petition.events import recollecting as c
from domain.petition.petition import Petition
from domain.petition.rules import not_own_work, not_possible
from domain.petition.stages import REPLIED, Stage
from domain.petition.supervising import check_respondent
from domain.petition.supervising_review import rehandling_clock
from domain.vocabulary import ContactMethod, Respondent, Role, Satisfaction, Solved

MOST_OPINIONS = 20
"""How often a resident is heard on the public pages in one round: a stream must not be filled from outside."""


class Recollect(PetitionCommand):
    """民情再收集: what the petitioner, or the place, says now.

    `settled` closes and archives the file; not settled sends the same file round again, and nobody can block that.
    A closed file is reopened the same way. Something new becomes a new petition that names this one (`arises_from`).
    """

    title: ClassVar[str] = "再收集"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.CALLER, Role.INTAKE})
    event: ClassVar[type[Event]] = c.OpinionGathered

    respondent: Respondent = Field(Respondent.PETITIONER, title="征询对象")
    method: ContactMethod = Field(ContactMethod.PHONE, title="方式")
    settled: bool = Field(title="是否已了结")
    text: Prose | None = Field(None, title="意见")
    new_matter: Prose | None = Field(None, title="新的诉求")
    summary: Prose | None = Field(None, title="结案小结")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Nobody says of their own work that it is settled."""
        return not_own_work(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Gathered; then closed and archived, or reopened. Who says "not settled" is heard, whoever it is."""
        if self.settled:
            check_respondent(self.respondent, petition, context)
        if not self.settled and self.text is None:
            raise invalid("未了结须说明原因", "say what is not settled", "text")
        if self.settled and petition.current.unsolved and self.text is None:
            raise invalid(
                "回访或居民本人称未解决，了结须说明依据",
                "the follow-up or the resident said unsolved: say why it is settled now",
                "text",
            )
        yield c.OpinionGathered(
            respondent=self.respondent,
            method=self.method,
            settled=self.settled,
            text=self.text,
            new_matter=self.new_matter,
        )
        if not self.settled:
            yield c.PetitionReopened(round=petition.round + 1, reason=self.text or "")
            yield from rehandling_clock(petition, context)
        elif petition.stage is Stage.RECOLLECTING:
            yield c.PetitionClosed(summary=self.summary)
            yield c.FileArchived(archive_number=f"{petition.number}-R{petition.round}")


class GiveOpinion(PetitionCommand):
    """居民意见: the resident says, by number and query code, whether it is solved, how it was handled, or anything.

    It is heard, not carried out: whoever finds a slip of paper with a code must not close or reopen a file. "Not
    solved" calls for a caller, who gathers the opinion again; that settles or reopens.
    """

    title: ClassVar[str] = "居民意见"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.RESIDENT})
    event: ClassVar[type[Event]] = c.ResidentSpoke

    solved: Solved | None = Field(None, title="是否解决")
    satisfaction: Satisfaction = Field(Satisfaction.NO_OPINION, title="满意度")
    text: Prose | None = Field(None, title="意见")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """So often is enough."""
        if petition.current.resident_spoke >= MOST_OPINIONS:
            return not_possible("本轮意见已达上限，请致电或到窗口反映", "enough was said here: please call or visit us")
        return None

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Heard. Whether it is solved can be said once there is a reply."""
        rates = self.solved is not None or self.satisfaction is not Satisfaction.NO_OPINION
        if rates and petition.stage not in REPLIED:
            raise invalid("答复送达后才能评价是否解决", "can be said once you have received a reply", "solved")
        if not rates and self.text is None:
            raise invalid("请写下意见，或选择是否解决", "write something, or say whether it is solved", "text")
        yield c.ResidentSpoke(solved=self.solved, satisfaction=self.satisfaction, text=self.text)
