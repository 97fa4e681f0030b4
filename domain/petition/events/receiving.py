"""民情受理: facts about how a petition came in, and about the file as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from domain.clocks import DueDate
from domain.kernel import Attachment, Event, Personal, registered
from domain.petition.events.values import Accused, Demand, Petitioner, Place, Source
from domain.vocabulary import (
    Channel,
    Clock,
    DeclineGround,
    Delivery,
    ErasureGround,
    LetterKind,
    MeetingPart,
    Nature,
    Procedure,
    Secrecy,
    Track,
    Urgency,
)


@registered
class PetitionReceived(Event):
    """登记: a petition came in through a channel and got its number (the stream's name).

    Holds from the first moment what could not be added to old events later. No petitioners: anonymous.
    `query_code_digest` lets the resident ask for the state; the code itself stands nowhere in the clear.
    `arises_from` is the file whose re-collection brought this new matter up.
    """

    TOPIC: ClassVar[str] = "petition.received"
    VERSION: ClassVar[int] = 2
    channel: Channel
    source: Source
    nature: Nature
    category: str | None = None
    track: Track
    urgency: Urgency
    secrecy: Secrecy
    title: Personal[str]
    content: Personal[str]
    petitioners: tuple[Petitioner, ...] = ()
    people_count: int
    demands: tuple[Demand, ...]
    against: tuple[Accused, ...] = ()
    place: Place | None = None
    attachments: tuple[Attachment, ...] = ()
    legacy_number: str | None = None
    arises_from: str | None = None
    query_code_digest: str
    rulebook_version: int


@registered
class PetitionImported(Event):
    """A file of an old ledger, taken over as history: no act of the staff is invented and no clock starts.

    `source_system` and `source_id` name the row it came from; its own number stays as `legacy_number`.
    """

    TOPIC: ClassVar[str] = "petition.imported"
    VERSION: ClassVar[int] = 2
    channel: Channel
    source_system: str
    source_id: str
    nature: Nature
    category: str | None = None
    secrecy: Secrecy
    title: Personal[str]
    content: Personal[str]
    petitioners: tuple[Petitioner, ...] = ()
    people_count: int
    demands: tuple[Demand, ...]
    place: Place | None = None
    legacy_number: str | None = None
    rulebook_version: int


@registered
class ImportedPetitionTakenUp(Event):
    """An imported file that is not over is taken into the loop; its clocks run from now on."""

    TOPIC: ClassVar[str] = "petition.imported_taken_up"
    track: Track
    urgency: Urgency
    reason: Personal[str]


@registered
class DueDatesSet(Event):
    """Clocks were started, or their due dates set anew, by the event just before it; each explains itself."""

    TOPIC: ClassVar[str] = "petition.due_dates_set"
    due: tuple[DueDate, ...]


@registered
class DueDatesRecomputed(Event):
    """Provisional due dates were computed again after a year's calendar was published."""

    TOPIC: ClassVar[str] = "petition.due_dates_recomputed"
    due: tuple[DueDate, ...]


@registered
class DueDatesLifted(Event):
    """Clocks ended because the classification just before gives the petition no such limit (60 days only for L1 34)."""

    TOPIC: ClassVar[str] = "petition.due_dates_lifted"
    clocks: tuple[Clock, ...]


@registered
class PetitionClassified(Event):
    """分类: nature, category, urgency, secrecy and track were decided; demands too where they differ."""

    TOPIC: ClassVar[str] = "petition.classified"
    nature: Nature
    category: str
    urgency: Urgency
    secrecy: Secrecy
    track: Track
    demands: tuple[Demand, ...] = ()


@registered
class PetitionAccepted(Event):
    """受理: accepted, with the written notice (L1 23) unless name or address is unclear."""

    TOPIC: ClassVar[str] = "petition.accepted"
    notice: Delivery | None = None
    notice_waived_because: Personal[str] | None = None


@registered
class PetitionDeclined(Event):
    """不予受理, on a legal ground, with written notice (L1 23)."""

    TOPIC: ClassVar[str] = "petition.declined"
    ground: DeclineGround
    article: Personal[str]
    reason: Personal[str]
    notice: Delivery | None = None
    notice_waived_because: Personal[str] | None = None


@registered
class PetitionReferred(Event):
    """转送: sent on to a body outside the office that is competent for it."""

    TOPIC: ClassVar[str] = "petition.referred"
    body: Personal[str]
    reason: Personal[str]
    notice: Delivery | None = None


@registered
class AnsweredAtOnce(Event):
    """即时答复: a consultation or thanks, for which the rulebook waives the rest of the loop."""

    TOPIC: ClassVar[str] = "petition.answered_at_once"
    text: Personal[str]
    delivery: Delivery


@registered
class PetitionSteered(Event):
    """导入法定程序: belongs into litigation, arbitration or reconsideration (L1 31)."""

    TOPIC: ClassVar[str] = "petition.steered"
    procedure: Procedure
    reason: Personal[str]
    notice: Delivery | None = None


@registered
class PetitionWithdrawn(Event):
    """撤回: the petitioner took it back."""

    TOPIC: ClassVar[str] = "petition.withdrawn"
    reason: Personal[str]


@registered
class PetitionNoLongerAccepted(Event):
    """不再受理: after re-review, on the same facts and grounds (L1 36). `concluded_by` is the concluded file."""

    TOPIC: ClassVar[str] = "petition.no_longer_accepted"
    reason: Personal[str]
    concluded_by: str | None = None
    notice: Delivery | None = None


@registered
class NumberVoided(Event):
    """作废: a person voided the number, on record; it is never used again."""

    TOPIC: ClassVar[str] = "petition.number_voided"
    reason: Personal[str]


@registered
class PetitionCorrected(Event):
    """更正: what the file said was wrong. Holds only what is now different; the original event stands.

    `channel` with its `source` goes together. None means unchanged; people, demands and accused are replaced whole.
    """

    TOPIC: ClassVar[str] = "petition.corrected"
    VERSION: ClassVar[int] = 2
    reason: Personal[str]
    channel: Channel | None = None
    source: Source | None = None
    title: Personal[str] | None = None
    content: Personal[str] | None = None
    petitioners: tuple[Petitioner, ...] | None = None
    people_count: int | None = None
    demands: tuple[Demand, ...] | None = None
    against: tuple[Accused, ...] | None = None
    place: Place | None = None
    received_at: datetime | None = None


@registered
class DuplicateLinked(Event):
    """重复件关联: this file repeats another (`principal`), which handles the matter for both."""

    TOPIC: ClassVar[str] = "petition.duplicate_linked"
    principal: str
    reason: Personal[str]


@registered
class DuplicateAdopted(Event):
    """The other side of the link: this file handles the matter of `duplicate` too."""

    TOPIC: ClassVar[str] = "petition.duplicate_adopted"
    duplicate: str


@registered
class DuplicateUnlinked(Event):
    """解除关联: the link was wrong; both files stand as they were."""

    TOPIC: ClassVar[str] = "petition.duplicate_unlinked"
    principal: str
    reason: Personal[str]


@registered
class DuplicateReleased(Event):
    """The other side of an undone link."""

    TOPIC: ClassVar[str] = "petition.duplicate_released"
    duplicate: str


@registered
class MeetingDecided(Event):
    """社情民意分析会: what an analysis meeting decided about this petition, in which of its four parts."""

    TOPIC: ClassVar[str] = "petition.meeting_decided"
    meeting: Personal[str]
    held_on: date
    part: MeetingPart
    decision: Personal[str]


@registered
class AttachmentsAdded(Event):
    """Files were added to the petition."""

    TOPIC: ClassVar[str] = "petition.attachments_added"
    attachments: tuple[Attachment, ...]


@registered
class IdentityChecked(Event):
    """比对核查: identity or address was checked against another body's register; only the verdict is kept."""

    TOPIC: ClassVar[str] = "petition.identity_checked"
    petitioner: str
    register_of: Personal[str]
    matches: bool


@registered
class DataRestricted(Event):
    """封存: personal data is kept but no longer processed, while the file is open or its retention runs (PIPL 47).

    `petitioner` None: the whole file.
    """

    TOPIC: ClassVar[str] = "petition.data_restricted"
    petitioner: str | None = None
    ground: ErasureGround
    reason: Personal[str]


@registered
class RestrictionLifted(Event):
    """解除封存: the reason for restricting is gone; the data may be processed again."""

    TOPIC: ClassVar[str] = "petition.restriction_lifted"
    petitioner: str | None = None
    reason: Personal[str]


@registered
class ErasureAsked(Event):
    """One person asked to erase a petitioner's data or a whole file; another has to approve."""

    TOPIC: ClassVar[str] = "petition.erasure_asked"
    petitioner: str | None = None
    ground: ErasureGround
    reason: Personal[str]


@registered
class DataErased(Event):
    """删除 (PIPL 47): the keys of a petitioner (or the whole file) are gone; the record stands and still verifies."""

    TOPIC: ClassVar[str] = "petition.data_erased"
    petitioner: str | None = None
    ground: ErasureGround
    asked_by: str


@registered
class LetterIssued(Event):
    """出具文书: a letter got its number, and what it says.

    `id` names it within the office (`reply-2026-3`), `document_number` (文号) is printed on it. `about` is what of the
    file it tells of where there may be several: a unit, a supervision order, another letter. `content` is what was
    filled into the template with digest `template`, as JSON in which references stand for petitioners: so every reprint
    is the same letter, and an erasure reaches it. `digest` is that of the content under the salt.
    """

    TOPIC: ClassVar[str] = "petition.letter_issued"
    kind: LetterKind
    id: str
    document_number: str
    about: str | None = None
    petitioner: str | None = None
    template: str
    content: Personal[str]
    salt: Personal[str]
    digest: str


@registered
class LetterServed(Event):
    """送达: a letter reached whom it was for: how, who signed for it, and the proof. When: the envelope's time."""

    TOPIC: ClassVar[str] = "petition.letter_served"
    letter: str
    method: Delivery
    received_by: Personal[str] | None = None
    note: Personal[str] | None = None
    proof: tuple[Attachment, ...] = ()
