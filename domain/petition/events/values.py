"""Values that several events of a petition hold."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from domain.kernel import Identity, Personal, Value
from domain.vocabulary import (
    Channel,
    Nature,
    OutcomeKind,
    PetitionerKind,
    RedactionBasis,
    RedactionKind,
    Satisfaction,
    Solved,
)


class Petitioner(Value):
    """A person behind a petition. `id` is `p1`, `p2` … within the file and names the key that seals the rest."""

    id: str
    kind: PetitionerKind = PetitionerKind.PETITIONER
    name: Identity[str] | None = None
    phone: Identity[str] | None = None
    id_number: Identity[str] | None = None
    address: Identity[str] | None = None


class Demand(Value):
    """诉求: one thing asked for. `id` is `d1`, `d2` … within the file; it is assigned, answered, followed up by it."""

    id: str
    nature: Nature
    category: str | None = None
    text: Personal[str]


class Accused(Value):
    """Whom the petition is against: a unit, or a member of staff with the units they belonged to at that time."""

    unit: str | None = None
    staff: str | None = None
    staff_units: tuple[str, ...] = ()


class Place(Value):
    """Where it is about: an area code of the rulebook and, where given, an address and a point (`domain/points.py`)."""

    area: str | None = None
    address: Personal[str] | None = None
    point: Personal[str] | None = None


class WebSource(Value):
    """网络平台: the site it came from and that site's own message id."""

    channel: Literal[Channel.WEB] = Channel.WEB
    site: str | None = None
    message_id: str | None = None


class LetterVisitSource(Value):
    """来信来访: the letter's scan (an attachment id) or the record of the visit."""

    channel: Literal[Channel.LETTER_VISIT] = Channel.LETTER_VISIT
    form: Literal["letter", "visit"] = "letter"
    scan: str | None = None
    visit_record: Personal[str] | None = None


class HotlineSource(Value):
    """服务专线: the hotline's work-order id and the time of the call."""

    channel: Literal[Channel.HOTLINE] = Channel.HOTLINE
    work_order_id: str | None = None
    call_time: datetime | None = None


class OfficerSource(Value):
    """民情信息员: the officer, the grid, the round of a patrol (民情巡访) and photos (attachment ids).

    `taken_at`: when the first photo was taken.
    """

    channel: Literal[Channel.OFFICER] = Channel.OFFICER
    officer: str | None = None
    grid: str | None = None
    patrol: Personal[str] | None = None
    photos: tuple[str, ...] = ()
    taken_at: datetime | None = None


class WindowSource(Value):
    """一站式窗口: the window, and the number of the printed receipt that carries the query code."""

    channel: Literal[Channel.WINDOW] = Channel.WINDOW
    window: str | None = None
    receipt: Personal[str] | None = None


class SymposiumSource(Value):
    """座谈会: the meeting that raised it: where it was and who came, in words."""

    channel: Literal[Channel.SYMPOSIUM] = Channel.SYMPOSIUM
    meeting: Personal[str] | None = None
    held_on: date | None = None
    venue: Personal[str] | None = None
    attendants: Personal[str] | None = None


Source = Annotated[
    WebSource | LetterVisitSource | HotlineSource | OfficerSource | WindowSource | SymposiumSource,
    Field(discriminator="channel"),
]


class DemandAnswer(Value):
    """The outcome for one demand, and the unit that gave it (None in facts from before that was said)."""

    demand: str
    outcome: OutcomeKind
    text: Personal[str]
    unit: str | None = None


class DemandFollowUp(Value):
    """What the respondent said about one demand."""

    demand: str
    solved: Solved
    satisfaction: Satisfaction = Satisfaction.NO_OPINION


class ScriptAnswer(Value):
    """What the respondent answered to one question of the script: its code, the words it was asked in, the answer."""

    question: str
    asked: str
    answer: Personal[str]


class DemandAssignment(Value):
    """Which unit answers for one demand."""

    demand: str
    unit: str


class Redaction(Value):
    """One removal from a text before publication: of what kind, why, how often, and what stands there instead.

    `kept`: it was found, and a person took it back with this reason; `shown` are then the words that stay. `basis` and
    `shown` are None where a person had left something out beforehand, and for drafts of old.
    """

    kind: RedactionKind
    reason: Personal[str]
    count: int = 1
    basis: RedactionBasis | None = None
    shown: Personal[str] | None = None
    kept: bool = False


def digest_of(salt: str, text: str) -> str:
    """The digest by which an approval names a draft: SHA-256 over salt and text, hex.

    The salt is sealed with the draft, so that after an erasure the digest confirms no guess at the text.
    """
    return sha256(f"{salt}\x00{text}".encode()).hexdigest()
