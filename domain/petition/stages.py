"""Where a file stands, and the one table that says which event may follow in which stage.

The route, the button, the API's list of steps and the aggregate itself all ask this table; nothing else decides it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from domain.kernel import Event
from domain.petition.events import exceptions as x
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.vocabulary import Code


class Stage(Code):
    """环节. The first five are the loop's steps; the others are ends, but for `imported`."""

    RECEIVING = "receiving", "民情受理"
    HANDLING = "handling", "民情办理"
    PUBLISHING = "publishing", "公示回应"
    SUPERVISING = "supervising", "跟踪监督"
    RECOLLECTING = "recollecting", "民情再收集"
    CLOSED = "closed", "已归档"
    DECLINED = "declined", "不予受理"
    REFERRED = "referred", "已转送"
    ANSWERED = "answered", "即时答复"
    STEERED = "steered", "导入法定程序"
    WITHDRAWN = "withdrawn", "已撤回"
    NO_LONGER_ACCEPTED = "no_longer_accepted", "不再受理"
    VOIDED = "voided", "已作废"
    IMPORTED = "imported", "历史件"


RECEIVING, HANDLING, PUBLISHING = Stage.RECEIVING, Stage.HANDLING, Stage.PUBLISHING
SUPERVISING, RECOLLECTING, CLOSED = Stage.SUPERVISING, Stage.RECOLLECTING, Stage.CLOSED

LOOP = frozenset({RECEIVING, HANDLING, PUBLISHING, SUPERVISING, RECOLLECTING})
ANY = frozenset(Stage)
REPLIED = frozenset({PUBLISHING, SUPERVISING, RECOLLECTING, CLOSED})
"""Stages in which a reply has been delivered in this round."""
PUBLISHED = frozenset({HANDLING, PUBLISHING, SUPERVISING, RECOLLECTING, CLOSED})
"""Stages in which an earlier publication may still hang on the boards; whether one does is the file's own state."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the stages in which the event may happen, and the stage it leads to (None: it stays)."""

    may_follow: frozenset[Stage]
    leads_to: Stage | None = None


def _in(*stages: Stage) -> frozenset[Stage]:
    return frozenset(stages)


BEGINNINGS: dict[type[Event], Stage] = {r.PetitionReceived: RECEIVING, r.PetitionImported: Stage.IMPORTED}
"""The events that open a file, and only they, only once."""

TRANSITIONS: dict[type[Event], Row] = {
    r.ImportedPetitionTakenUp: Row(_in(Stage.IMPORTED), RECEIVING),
    r.DueDatesSet: Row(LOOP | {CLOSED}),
    r.DueDatesRecomputed: Row(LOOP | {CLOSED}),
    r.DueDatesLifted: Row(_in(RECEIVING, HANDLING)),
    r.PetitionClassified: Row(_in(RECEIVING, HANDLING)),
    r.PetitionAccepted: Row(_in(RECEIVING), HANDLING),
    x.DeclineAsked: Row(_in(RECEIVING)),
    x.DeclineRefused: Row(_in(RECEIVING)),
    x.NoticeWaiverAsked: Row(_in(RECEIVING)),
    x.NoticeWaived: Row(_in(RECEIVING)),
    x.NoticeWaiverRefused: Row(_in(RECEIVING)),
    x.VoidingAsked: Row(_in(RECEIVING)),
    x.VoidingRefused: Row(_in(RECEIVING)),
    r.PetitionDeclined: Row(_in(RECEIVING), Stage.DECLINED),
    r.PetitionReferred: Row(_in(RECEIVING), Stage.REFERRED),
    r.AnsweredAtOnce: Row(_in(RECEIVING), Stage.ANSWERED),
    r.PetitionSteered: Row(_in(RECEIVING, HANDLING), Stage.STEERED),
    r.PetitionWithdrawn: Row(LOOP, Stage.WITHDRAWN),
    r.PetitionNoLongerAccepted: Row(_in(RECEIVING, HANDLING), Stage.NO_LONGER_ACCEPTED),
    r.NumberVoided: Row(_in(RECEIVING), Stage.VOIDED),
    r.PetitionCorrected: Row(ANY - {Stage.VOIDED}),
    r.DuplicateLinked: Row(ANY - {Stage.VOIDED}),
    r.DuplicateAdopted: Row(ANY - {Stage.VOIDED}),
    r.DuplicateUnlinked: Row(ANY - {Stage.VOIDED}),
    r.DuplicateReleased: Row(ANY - {Stage.VOIDED}),
    r.MeetingDecided: Row(LOOP),
    r.AttachmentsAdded: Row(ANY - {Stage.VOIDED}),
    r.LetterIssued: Row(ANY - {Stage.VOIDED, Stage.IMPORTED}),
    r.LetterServed: Row(ANY - {Stage.VOIDED, Stage.IMPORTED}),
    r.IdentityChecked: Row(LOOP),
    r.DataRestricted: Row(ANY),
    r.RestrictionLifted: Row(ANY),
    r.ErasureAsked: Row(ANY),
    r.DataErased: Row(ANY),
    h.Assigned: Row(_in(HANDLING)),
    h.SignedFor: Row(_in(HANDLING)),
    h.HandlerNamed: Row(_in(HANDLING)),
    h.ReturnAsked: Row(_in(HANDLING)),
    h.ReturnGranted: Row(_in(HANDLING)),
    h.ReturnRefused: Row(_in(HANDLING)),
    h.DutyDisputed: Row(_in(HANDLING)),
    h.DutyDecided: Row(_in(HANDLING)),
    h.ResidentContacted: Row(_in(RECEIVING, HANDLING)),
    h.ProgressNoted: Row(_in(HANDLING)),
    h.HouseholdVisited: Row(_in(HANDLING)),
    h.ExtensionAsked: Row(_in(HANDLING)),
    h.ExtensionGranted: Row(_in(HANDLING)),
    h.ExtensionRefused: Row(_in(HANDLING)),
    h.SuspensionAsked: Row(_in(HANDLING)),
    h.SuspensionGranted: Row(_in(HANDLING)),
    h.SuspensionRefused: Row(_in(HANDLING)),
    h.HandlingResumed: Row(_in(HANDLING)),
    h.EscalatedUpward: Row(_in(HANDLING)),
    h.SuperiorAnswered: Row(LOOP | {CLOSED}),
    h.CoUnitReported: Row(_in(HANDLING)),
    h.OutcomeReported: Row(_in(HANDLING)),
    h.ReplyDrafted: Row(_in(HANDLING)),
    h.ReplyApproved: Row(_in(HANDLING)),
    h.ReplySentBack: Row(_in(HANDLING)),
    h.ReplyDelivered: Row(_in(HANDLING), PUBLISHING),
    h.ReplyImported: Row(_in(Stage.IMPORTED)),
    p.PublicationDrafted: Row(REPLIED),
    p.PublicationApproved: Row(REPLIED),
    p.PublicationSentBack: Row(REPLIED),
    p.ResultPublished: Row(_in(PUBLISHING), SUPERVISING),
    x.WaiverAsked: Row(_in(PUBLISHING)),
    x.WaiverRefused: Row(_in(PUBLISHING)),
    p.PublicationWaived: Row(_in(PUBLISHING), SUPERVISING),
    p.PublicationWithdrawn: Row(PUBLISHED),
    p.PublicationCorrected: Row(REPLIED),
    s.FollowUpMissed: Row(_in(SUPERVISING, RECOLLECTING)),
    s.FollowedUp: Row(_in(SUPERVISING), RECOLLECTING),
    s.ReminderSent: Row(LOOP | {CLOSED}),
    s.ReminderAnswered: Row(LOOP | {CLOSED}),
    s.SupervisionOrdered: Row(LOOP),
    s.SupervisionAnswered: Row(LOOP | {CLOSED}),
    s.SupervisionEnded: Row(LOOP | {CLOSED}),
    s.ReviewAsked: Row(REPLIED | {HANDLING}),
    s.HearingHeld: Row(REPLIED | {HANDLING}),
    s.ReviewDecided: Row(REPLIED | {HANDLING}),
    c.OpinionGathered: Row(_in(RECOLLECTING, CLOSED)),
    c.ResidentSpoke: Row(LOOP | {CLOSED}),
    c.PetitionClosed: Row(_in(RECOLLECTING), CLOSED),
    c.FileArchived: Row(_in(CLOSED)),
    c.PetitionReopened: Row(_in(PUBLISHING, SUPERVISING, RECOLLECTING, CLOSED), HANDLING),
}


def may_follow(event: type[Event], stage: Stage | None) -> bool:
    """Whether the event may happen in this stage; None is the stage before the first event."""
    if stage is None:
        return event in BEGINNINGS
    row = TRANSITIONS.get(event)
    return row is not None and stage in row.may_follow


@cache
def stage_after(event: type[Event]) -> Stage | None:
    """The stage that the event leads to; None where it leaves the stage as it is."""
    return BEGINNINGS.get(event) or (TRANSITIONS[event].leads_to if event in TRANSITIONS else None)


def open_stage(stage: Stage) -> bool:
    """Whether a file in this stage is still going round."""
    return stage in LOOP
