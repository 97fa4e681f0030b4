"""民情受理, the file's papers: issuing letters (文书) and recording that they were delivered (送达).

A letter tells what happened, so it is issued only where that is on record: no 不予受理告知书 for an accepted petition.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError
from domain.kernel import Context, Event
from domain.letters import letter_id, letter_number
from domain.petition.command import CodeText, Line, PetitionCommand, Prose, invalid, uploaded
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import supervising as s
from domain.petition.events.values import digest_of
from domain.petition.letter_content import content_of
from domain.petition.petition import Petition
from domain.petition.rules import not_possible
from domain.petition.state import TO_PETITIONER
from domain.vocabulary import Delivery, LetterKind, Role

TOLD: dict[LetterKind, type[Event]] = {
    LetterKind.ACCEPTANCE: r.PetitionAccepted,
    LetterKind.DECLINE: r.PetitionDeclined,
    LetterKind.REFERRAL: r.PetitionReferred,
    LetterKind.EXTENSION: h.ExtensionGranted,
    LetterKind.FOLLOW_UP: s.FollowedUp,
}
"""The fact that a letter tells, where a file has one of it at most."""

WORKING = frozenset({Role.INTAKE, Role.HANDLER, Role.APPROVER, Role.CALLER})


def possible_letters(petition: Petition) -> Iterator[tuple[LetterKind, str | None]]:
    """Every letter that could be issued now, with what it would be about where there may be several."""
    for kind in LetterKind:
        if kind in TO_PETITIONER and petition.anonymous:
            continue
        match kind:
            case LetterKind.ASSIGNMENT:
                yield from ((kind, unit) for unit in (petition.lead, *petition.co_units) if unit)
            case LetterKind.REPLY:
                if petition.current.reply is not None and petition.current.reply.approved:
                    yield kind, None
            case LetterKind.ORDER:
                yield from ((kind, key) for key in petition.orders if key in petition.told)
            case LetterKind.SERVICE:
                yield from ((kind, key) for key, letter in petition.letters.items() if letter.to_petitioner)
            case _:
                if TOLD[kind].TOPIC in petition.told:
                    yield kind, None


class _Issue(PetitionCommand):
    """What issuing a letter shares: its number, its content, its digests."""

    @abstractmethod
    def wanted(self) -> tuple[LetterKind, str | None, str | None]:
        """Which letter it issues, about what, for which petitioner."""

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Issued, under the next number of its series."""
        kind, about, petitioner = self.wanted()
        head, year = context.letterhead, context.today.year
        found = [one for possible, one in possible_letters(petition) if possible is kind]
        if not found:
            raise not_possible(
                f"没有可出具{kind.zh}的事项", f"there is nothing that a letter of kind {kind} could tell"
            )
        if about not in found:
            known = "、".join(filter(None, found))
            raise invalid(f"须为以下之一：{known}" if known else "不填", f"one of: {known or 'none'}", "about")
        if petitioner is not None and petitioner not in {one.id for one in petition.petitioners}:
            raise invalid("没有此信访人", "no such petitioner", "petitioner")
        number = letter_number(head.prefix or context.rulebook.office.code, kind, year, head.serial)
        values = content_of(kind, petition, context, number=number, about=about, petitioner=petitioner)
        content = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        yield r.LetterIssued(
            kind=kind,
            id=letter_id(kind, year, head.serial),
            document_number=number,
            about=about,
            petitioner=petitioner,
            template=head.template,
            content=content,
            salt=context.salt,
            digest=digest_of(context.salt, content),
        )


class IssueLetter(_Issue):
    """出具文书: issue a letter under the next number of its series; it can be printed again and again."""

    title: ClassVar[str] = "出具文书"
    roles: ClassVar[frozenset[Role]] = WORKING
    own_unit: ClassVar[bool] = True
    reads: ClassVar[bool] = True
    event: ClassVar[type[Event]] = r.LetterIssued

    kind: LetterKind = Field(title="文书")
    about: CodeText | None = Field(None, title="事由", description="The unit (交办单) or the letter (送达回证)")
    petitioner: CodeText | None = Field(None, title="收件人", description="None: all petitioners")

    def wanted(self) -> tuple[LetterKind, str | None, str | None]:
        """As chosen; a supervision order has a step of its own."""
        if self.kind is LetterKind.ORDER:
            raise invalid("督办单请用“出具督办单”", "a supervision order is issued by issue-order", "kind")
        return self.kind, self.about, self.petitioner

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must have happened that a letter could tell."""
        if any(kind is not LetterKind.ORDER for kind, _ in possible_letters(petition)):
            return None
        return not_possible("尚无可出具文书的事项", "nothing has happened yet that a letter could tell")


class IssueOrder(_Issue):
    """出具督办单: print a supervision order. It names no petitioner, so that the committee can print its own."""

    title: ClassVar[str] = "出具督办单"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.SUPERVISOR, *WORKING})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = r.LetterIssued

    about: CodeText = Field(title="督办")

    def wanted(self) -> tuple[LetterKind, str | None, str | None]:
        """The order."""
        return LetterKind.ORDER, self.about, None

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """There must be an order."""
        return None if petition.orders else not_possible("此件没有督办", "there is no supervision order")


class ServeLetter(PetitionCommand):
    """送达: record that a letter reached whom it was for. `occurred_at` is when; `proof` the signed 送达回证."""

    title: ClassVar[str] = "登记送达"
    roles: ClassVar[frozenset[Role]] = WORKING
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = r.LetterServed

    letter: CodeText = Field(title="文书", description="The id of an issued letter, such as reply-2026-3")
    method: Delivery = Field(title="送达方式")
    received_by: Line | None = Field(None, title="签收人")
    note: Prose | None = Field(None, title="备注")
    proof: tuple[CodeText, ...] = Field((), title="送达回证", max_length=20)

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A letter for the petitioner must be on its way."""
        if any(one.to_petitioner and one.served is None for one in petition.letters.values()):
            return None
        return not_possible("没有待送达的文书", "no letter waits to be delivered")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Served; not before it was issued, and once."""
        letter = petition.letters.get(self.letter)
        if letter is None or not letter.to_petitioner:
            raise invalid("没有此文书，或无须送达", "no such letter, or none to be delivered", "letter")
        if letter.served is not None:
            raise invalid("已登记送达", "its delivery is on record already", "letter")
        if letter.issued.occurred_at is not None and context.at < letter.issued.occurred_at:
            raise invalid("送达不得早于出具", "must not lie before the letter was issued", "occurred_at")
        if self.method is Delivery.IN_PERSON and self.received_by is None:
            raise invalid("当面送达须填写签收人", "say who signed for it", "received_by")
        yield r.LetterServed(
            letter=self.letter,
            method=self.method,
            received_by=self.received_by,
            note=self.note,
            proof=uploaded(self.proof, context, "proof"),
        )
