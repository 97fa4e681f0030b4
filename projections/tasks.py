"""What can wait on a file (待办), and which event opens and closes it: the two tables behind the work list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from domain.kernel import Event
from domain.petition.events import exceptions as x
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.stages import LOOP, Stage, stage_after
from domain.vocabulary import Clock, Role, Solved

For = Literal["office", "hanging", "unpublishable", "unassigned", "lead", "uncontacted", "unsigned", "signed", "named"]
"""Whose task it is: the whole role, always, only while what must not be public hangs, while a result waits that must
not be published and nobody asked yet to leave it so, or while no unit leads it; the lead unit, always or only while the
resident was not contacted; each unit on the file that has not signed, or that has; the unit that the event names."""


Barred = Literal["asker", "handled", "worked", "objectors"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of task: for which roles and units, under which clock, closed to those who did which part of the work.

    `barred`: "asker" is who caused the task, "handled" who did the work in any round, "worked" they and who approved a
    reply, "objectors" who said "not ours" for a unit. It is the rule of the step that does the task (`working.py`).
    """

    zh: str
    roles: tuple[Role, ...]
    unit: For = "office"
    clock: Clock | None = None
    barred: tuple[Barred, ...] = ()
    named: bool = False
    """Whether the task is for the person whom the event names (or who caused it) rather than for the whole unit."""


KINDS: Mapping[str, Kind] = {
    "decide_acceptance": Kind("决定是否受理", (Role.INTAKE,), clock=Clock.NOTICE),
    "decide_decline": Kind("审批不予受理", (Role.INTAKE, Role.APPROVER), clock=Clock.NOTICE, barred=("asker",)),
    "decide_notice_waiver": Kind("审批免予告知", (Role.INTAKE, Role.APPROVER), clock=Clock.NOTICE, barred=("asker",)),
    "decide_voiding": Kind("审批作废编号", (Role.INTAKE, Role.APPROVER), barred=("asker",)),
    "assign": Kind("派单", (Role.INTAKE,), "unassigned", Clock.HANDLE),
    "sign": Kind("签收", (Role.HANDLER,), "unsigned", Clock.SIGN),
    "contact": Kind("首次联系", (Role.INTAKE,), clock=Clock.CONTACT),
    "contact_as_lead": Kind("首次联系", (Role.HANDLER,), "uncontacted", Clock.CONTACT),
    "handle": Kind("办理", (Role.HANDLER,), "named", Clock.HANDLE, named=True),
    "handle_again": Kind("重办", (Role.HANDLER,), "signed", Clock.HANDLE),
    "decide_return": Kind("审核退单", (Role.INTAKE,), barred=("asker",)),
    "decide_duty": Kind("裁定职责", (Role.APPROVER,), "named", barred=("asker", "objectors")),
    "decide_extension": Kind("审批延期", (Role.APPROVER,), "lead", barred=("asker", "handled")),
    "decide_suspension": Kind("审批挂起", (Role.APPROVER,), "lead", barred=("asker", "handled")),
    "resume": Kind("恢复办理", (Role.HANDLER,), "lead"),
    "record_superior_answer": Kind("登记上级答复", (Role.HANDLER,), "named"),
    "draft_reply": Kind("拟写答复", (Role.HANDLER,), "named", Clock.HANDLE, named=True),
    "revise_reply": Kind("修改答复", (Role.HANDLER,), "lead", Clock.HANDLE),
    "approve_reply": Kind("审批答复", (Role.APPROVER,), "lead", Clock.HANDLE, ("asker", "handled")),
    "deliver_reply": Kind("送达答复", (Role.HANDLER,), "lead", Clock.HANDLE),
    "draft_publication": Kind("拟写公示", (Role.PUBLISHER,), barred=("worked",)),
    "approve_publication": Kind("审核公示", (Role.PUBLISHER, Role.APPROVER), barred=("asker", "handled")),
    "ask_waiver": Kind("申请不公示", (Role.PUBLISHER,), "unpublishable", barred=("worked",)),
    "decide_waiver": Kind("审批不公示", (Role.PUBLISHER, Role.APPROVER), barred=("asker", "handled")),
    "publish": Kind("公示", (Role.PUBLISHER,), barred=("asker", "worked")),
    "take_down": Kind("撤下公示", (Role.PUBLISHER,), "hanging"),
    "follow_up": Kind("回访", (Role.CALLER,), clock=Clock.FOLLOW_UP, barred=("worked",)),
    "recollect": Kind("再收集", (Role.CALLER,), barred=("worked",)),
    "hear_resident": Kind("听取居民意见", (Role.CALLER,), barred=("worked",)),
    "answer_reminder": Kind("反馈催办", (Role.HANDLER,), "named"),
    "answer_reminder_intake": Kind("反馈催办", (Role.INTAKE,)),
    "answer_reminder_caller": Kind("反馈催办", (Role.CALLER,)),
    "answer_order": Kind("反馈督办", (Role.HANDLER,), "named"),
    "judge_order": Kind("审核督办反馈", (Role.SUPERVISOR,)),
    "decide_review": Kind("作出复查复核意见", (Role.INTAKE,), clock=Clock.REVIEW, barred=("worked",)),
    "decide_re_review": Kind("作出复核意见", (Role.INTAKE,), clock=Clock.RE_REVIEW, barred=("worked",)),
    "approve_erasure": Kind("审批个人信息删除", (Role.APPROVER, Role.INTAKE), barred=("asker",)),
}

RECEIVING = ("decide_acceptance", "decide_decline", "decide_notice_waiver", "decide_voiding")
CONTACT = ("contact", "contact_as_lead")
HANDLING = ("assign", "sign", *CONTACT, "handle", "handle_again", "decide_return", "decide_duty", "decide_extension",
            "decide_suspension", "resume", "draft_reply", "revise_reply", "approve_reply", "deliver_reply")  # fmt: skip
DRAFTING = ("draft_publication", "approve_publication", "publish")
"""What is offered only while the file may be published: asked of the file when the list is read."""
PUBLISHING = (*DRAFTING, "ask_waiver", "decide_waiver")
ON_THE_BOARDS = (*PUBLISHING, "take_down")
WORKING = ("handle", "handle_again", "draft_reply", "revise_reply", "approve_reply", "deliver_reply")
REMINDERS = ("answer_reminder", "answer_reminder_intake", "answer_reminder_caller")
OF_THE_UNIT = ("sign", "contact_as_lead", "handle", "handle_again", "draft_reply")


@dataclass(frozen=True, slots=True)
class Change:
    """What an event does to its file's tasks: first it closes some (of one unit or one matter only, if so said)."""

    closes: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    of: Literal["file", "unit", "matter"] = "file"


CHANGES: Mapping[type[Event], Change] = {
    r.PetitionReceived: Change(opens=("decide_acceptance",)),
    r.ImportedPetitionTakenUp: Change(opens=("decide_acceptance",)),
    r.PetitionAccepted: Change(RECEIVING, ("assign",)),
    x.DeclineAsked: Change(opens=("decide_decline",)),
    x.DeclineRefused: Change(("decide_decline",)),
    x.NoticeWaiverAsked: Change(opens=("decide_notice_waiver",)),
    x.NoticeWaived: Change(("decide_notice_waiver",)),
    x.NoticeWaiverRefused: Change(("decide_notice_waiver",)),
    x.VoidingAsked: Change(opens=("decide_voiding",)),
    x.VoidingRefused: Change(("decide_voiding",)),
    r.ErasureAsked: Change(opens=("approve_erasure",)),
    r.DataErased: Change(("approve_erasure",), of="matter"),
    h.Assigned: Change(("assign", "sign", *CONTACT, "decide_return"), ("sign", "contact_as_lead")),
    h.SignedFor: Change(("sign",), ("handle",), of="unit"),
    h.HandlerNamed: Change(("handle", "handle_again"), ("handle",), of="unit"),
    h.ReturnAsked: Change(("sign",), ("decide_return",), of="unit"),
    h.ReturnGranted: Change(("decide_return", *OF_THE_UNIT), ("assign",), of="unit"),
    h.ReturnRefused: Change(("decide_return",), ("sign",), of="unit"),
    h.DutyDisputed: Change(("decide_return", "assign"), ("decide_duty",)),
    h.DutyDecided: Change(("decide_duty",)),
    h.CoUnitReported: Change(("handle", "handle_again"), of="unit"),
    h.ExtensionAsked: Change(opens=("decide_extension",)),
    h.ExtensionGranted: Change(("decide_extension",)),
    h.ExtensionRefused: Change(("decide_extension",)),
    h.SuspensionAsked: Change(opens=("decide_suspension",)),
    h.SuspensionGranted: Change(("decide_suspension",), ("resume",)),
    h.SuspensionRefused: Change(("decide_suspension",)),
    h.HandlingResumed: Change(("resume",)),
    h.EscalatedUpward: Change(opens=("record_superior_answer",)),
    h.SuperiorAnswered: Change(("record_superior_answer",), of="matter"),
    h.OutcomeReported: Change(WORKING, ("draft_reply",)),
    h.ReplyDrafted: Change(WORKING, ("approve_reply",)),
    h.ReplyApproved: Change(("approve_reply",), ("deliver_reply",)),
    h.ReplySentBack: Change(("approve_reply",), ("revise_reply",)),
    h.ReplyDelivered: Change(HANDLING, ("draft_publication", "ask_waiver")),
    p.PublicationDrafted: Change(DRAFTING, ("approve_publication",)),
    p.PublicationApproved: Change(DRAFTING, ("publish",)),
    p.PublicationSentBack: Change(DRAFTING, ("draft_publication",)),
    x.WaiverAsked: Change(("ask_waiver",), ("decide_waiver",)),
    x.WaiverRefused: Change(("decide_waiver",), ("ask_waiver",)),
    p.ResultPublished: Change(PUBLISHING, ("follow_up",)),
    p.PublicationWaived: Change(PUBLISHING, ("follow_up",)),
    p.PublicationCorrected: Change(PUBLISHING),
    p.PublicationWithdrawn: Change(("take_down",)),
    r.PetitionClassified: Change(("take_down",), ("take_down",)),
    s.FollowedUp: Change(("follow_up", "hear_resident"), ("recollect",)),
    s.ReminderSent: Change(opens=("answer_reminder",)),
    s.ReminderAnswered: Change(REMINDERS, of="matter"),
    s.SupervisionOrdered: Change(opens=("answer_order",)),
    s.SupervisionAnswered: Change(("answer_order",), ("judge_order",), of="matter"),
    s.SupervisionEnded: Change(("answer_order", "judge_order"), of="matter"),
    c.OpinionGathered: Change(("hear_resident",)),
    c.PetitionClosed: Change((*HANDLING, *PUBLISHING, "recollect", "follow_up")),
    c.PetitionReopened: Change((*PUBLISHING, "recollect", "follow_up", "hear_resident"), ("handle_again",)),
}
"""Every event that changes what waits; contacts, reminders of a desk, reviews and ends are decided in `change_of`."""

EVERYTHING = Change(("*",))
"""The file is over: nothing waits any more but the erasure of its data."""


def change_of(fact: Event) -> Change:
    """What the event does to the tasks."""
    match fact:
        case c.ResidentSpoke(solved=Solved.UNSOLVED | Solved.PARTLY):
            return Change(opens=("hear_resident",))
        case h.ResidentContacted(reached=True) | h.HouseholdVisited(reached=True):
            return Change(CONTACT)
        case r.DueDatesSet(due=due) if any(one.clock is Clock.CONTACT for one in due):
            return Change(opens=("contact",))
        case s.ReminderSent(unit=None, role=role):
            return Change(opens=(f"answer_reminder_{role}",))
        case r.PetitionCorrected(against=against) if against is not None:
            return Change(("take_down", "ask_waiver"), ("take_down", "ask_waiver"))
        case s.ReviewAsked(kind=kind):
            return Change(opens=(f"decide_{kind.value}",))
        case s.ReviewDecided(kind=kind):
            return Change((f"decide_{kind.value}",))
        case _:
            return _whatever_it_says(type(fact))


@cache
def _whatever_it_says(kind: type[Event]) -> Change:
    """What every event of a kind does to the tasks, but for those that `change_of` reads."""
    stage = stage_after(kind)
    ended = stage is not None and stage not in LOOP and stage not in {Stage.CLOSED, Stage.IMPORTED}
    return EVERYTHING if ended else CHANGES.get(kind, Change())
