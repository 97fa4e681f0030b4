"""居民: what somebody can do here without an account. They send, ask with number and query code, and speak.

Number and code show less than the file: stage and days, the reply that was delivered, what hangs in public; names,
telephones and addresses masked, since a slip of paper may be found. No member of staff is named.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.errors import BrokenRequest, NotPossibleNow, TooLarge, UnknownPetition, WrongCode
from domain.kernel import Grant
from domain.numbering import as_written, query_code_digest
from domain.petition.petition import Petition
from domain.petition.recollecting import MOST_OPINIONS, GiveOpinion
from domain.petition.sending import MOST_FILES, SendPetition
from domain.petition.stages import LOOP, REPLIED, Stage, may_follow
from domain.petition.titles import TITLES, Title
from domain.vocabulary import Clock, Nature, Role
from projections.bulletin_queries import Notice, notice_of
from projections.file_queries import Entry, timeline
from projections.sight import Sight
from service.access import Caller
from service.outcome import Outcome
from service.parts import Parts

RESIDENT = Caller("resident", frozenset({Grant(Role.RESIDENT)}), "public", Sight(office=True))
"""Who acts on the public pages. It is shown nothing before number and code were proved."""

SENDING_KEY = re.compile(r"[0-9a-f]{32}")
"""The key of one sending, drawn with its form: it gives the query code again, so nobody must guess it."""

MILESTONES = frozenset(
    {
        "petition.received",
        "petition.accepted",
        "petition.declined",
        "petition.referred",
        "petition.answered_at_once",
        "petition.steered",
        "petition.withdrawn",
        "petition.no_longer_accepted",
        "petition.number_voided",
        "petition.assigned",
        "petition.extension_granted",
        "petition.suspension_granted",
        "petition.handling_resumed",
        "petition.reply_delivered",
        "petition.result_published",
        "petition.publication_withdrawn",
        "petition.publication_corrected",
        "petition.followed_up",
        "petition.resident_spoke",
        "petition.review_asked",
        "petition.review_decided",
        "petition.closed",
        "petition.reopened",
    }
)
"""What a resident is told of the file's course. Work inside the office, and who did it, is not."""
NO_CODE = "0" * 64


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happened, on a day in Asia/Shanghai; None where nobody stated when."""

    title: Title
    at: datetime | None
    round: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply as it was delivered, masked."""

    at: datetime | None
    round: int
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What number and query code show. `unit` is None where the file protects who reports (L1 30)."""

    number: str
    stage: Stage
    round: int
    nature: Nature
    unit: str | None
    received_at: datetime
    due: date | None
    provisional: bool
    suspended: bool
    milestones: tuple[Milestone, ...]
    replies: tuple[Answered, ...]
    notice: Notice | None
    may_speak: bool
    may_rate: bool


def send(parts: Parts, sent: SendPetition, files: Sequence[tuple[bytes, str]], *, key: str, request_id: str) -> Outcome:
    """Take in what a resident sent, with the content and media type of each file; the outcome carries the query code.

    The same key is answered as the first time. Raises `TooLarge` for more files than are taken, and what
    `Papers.upload` and `Desk.receive` raise.
    """
    if not SENDING_KEY.fullmatch(key):
        raise BrokenRequest(reason="请重新打开页面填写", reason_en="open the page again and fill it in")
    if len(files) > MOST_FILES:
        raise TooLarge(limit=MOST_FILES)
    uploaded = tuple(parts.papers.upload(RESIDENT, content, media_type) for content, media_type in files)
    petition = sent.model_copy(update={"attachments": uploaded}).receiving()
    return parts.desk.receive(RESIDENT, petition, request_id=request_id, key=key)


def progress(parts: Parts, number: str, code: str) -> Progress:
    """How far the petition with this number and query code has come. Raises `WrongCode`, whichever of them is wrong."""
    petition = _proved(parts, number, code)
    with parts.reading() as connection:
        entries = timeline(connection, petition.number)
        notice = notice_of(connection, petition.number)
    due = petition.due.get(Clock.HANDLE)
    protected = petition.nature is Nature.REPORT or petition.against
    unit = parts.rulebooks.current().content.unit(petition.lead) if petition.lead else None
    stage = petition.stage
    assert stage is not None
    speaks = may_follow(GiveOpinion.event, stage) and petition.current.resident_spoke < MOST_OPINIONS
    return Progress(
        number=petition.number,
        stage=stage,
        round=petition.round,
        nature=petition.nature,
        unit=unit.name if unit and not protected else None,
        received_at=petition.received_at,
        due=due.due if due and stage in LOOP else None,
        provisional=bool(due and due.provisional),
        suspended=petition.suspended,
        milestones=tuple(
            Milestone(TITLES[entry.topic], entry.occurred_at, entry.round)
            for entry in entries
            if entry.topic in MILESTONES
        ),
        replies=tuple(_replies(entries)),
        notice=notice,
        may_speak=speaks,
        may_rate=speaks and stage in REPLIED,
    )


def speak(parts: Parts, number: str, code: str, opinion: GiveOpinion, *, key: str, request_id: str) -> Outcome:
    """Record what the resident says. Raises `WrongCode` as `progress` does, and what `Desk.take` raises."""
    petition = _proved(parts, number, code)
    if not SENDING_KEY.fullmatch(key):
        raise BrokenRequest(reason="请重新打开页面填写", reason_en="open the page again and fill it in")
    if petition.restricted:
        raise NotPossibleNow(reason="个人信息已封存，请到窗口办理", reason_en="the data is restricted; please visit us")
    return parts.desk.take(RESIDENT, petition.number, opinion, request_id=request_id, key=key)


def _proved(parts: Parts, number: str, code: str) -> Petition:
    """The file whose code this is. A number that is none and a code that is another's are answered alike."""
    try:
        petition = parts.store.fold(Petition(as_written(number)))
    except UnknownPetition:
        petition = Petition("")
    right = hmac.compare_digest(petition.query_code_digest or NO_CODE, query_code_digest(code))
    if petition.stage is None or not petition.query_code_digest or not right:
        raise WrongCode
    return petition


def _replies(entries: Sequence[Entry]) -> Iterator[Answered]:
    """Every reply that was delivered, newest first: the draft with the digest that the delivery names."""
    drafts = {entry.codes.get("digest"): entry for entry in entries if entry.topic == "petition.reply_drafted"}
    for entry in reversed(entries):
        if entry.topic == "petition.answered_at_once":
            yield Answered(entry.occurred_at, entry.round, entry.texts.get("text", ""))
        elif entry.topic == "petition.reply_delivered" and (draft := drafts.get(entry.codes.get("digest"))):
            yield Answered(entry.occurred_at, entry.round, draft.texts.get("text", ""))
