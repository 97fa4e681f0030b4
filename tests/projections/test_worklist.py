"""The work list: what waits for whom after every step, who may not do it, and in which order it comes."""

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from domain.errors import Invalid
from domain.kernel import Actor, Event
from domain.petition.events import exceptions as x
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events import values as v
from domain.vocabulary import (
    Clock,
    ContactMethod,
    DeclineGround,
    Delivery,
    ErasureGround,
    OrderLevel,
    ReviewKind,
    ReviewVerdict,
    Role,
    Secrecy,
    Solved,
    WaiverGround,
)
from projections.ledger import Ledger
from projections.sight import Sight
from projections.tasks import CHANGES, KINDS
from projections.worklist import Worklist
from projections.worklist_queries import Days, Light, TaskCount, TaskFilter, counts, tasks
from tests.projections import sample_file as sample
from tests.projections.sample_file import (
    APPROVER,
    CALLER,
    HANDLER,
    INTAKE,
    NUMBER,
    PUBLISHER,
    SECOND,
    SUPERVISOR,
    Story,
)
from tests.projections.tables_kit import feed, live_and_rebuilt

LONGER_ASKED = h.ExtensionAsked(days=3, reason="缺件", salt="salz", digest="d" * 64)
ALL = Sight(committee=True)
IN_FEBRUARY = Days(date(2026, 2, 15), date(2026, 2, 18))
IN_MARCH = Days(date(2026, 3, 1), date(2026, 3, 3))
LIGHT = Actor(id="s-light", role=Role.HANDLER, unit="u-light")


RESIDENT = Actor(id="resident", role=Role.RESIDENT)


def waiting(connection: Connection[Any], story: Story) -> set[tuple[str, str, str]]:
    """Every open task with its role and unit."""
    feed(connection, Ledger(), Worklist(), recorded=story.recorded)
    found = connection.execute("SELECT task, role, unit FROM worklist.tasks WHERE number = %s", (NUMBER,))
    return {(task, role, unit) for task, role, unit in found}


def test_a_file_goes_from_desk_to_desk(connection: Connection[Any]) -> None:
    story = Story()
    for actor, facts, expected in STEPS:
        story.add(actor, *facts)
        assert waiting(connection, story) == expected, facts[0].TOPIC


OFFICE = ""
REOPENED = c.PetitionReopened(round=2, reason="又不亮了")
REMINDED = s.ReminderSent(id="m1", unit="u-road", reason="抓紧")
ORDERED = s.SupervisionOrdered(
    id="o1", unit="u-road", level=OrderLevel.ROUTINE, deadline=date(2026, 1, 9), demand="尽快"
)
PUBLICATION = p.PublicationDrafted(title="路灯", text="已修复", salt="盐", digest="e" * 64)
DECLINE = x.DeclineAsked(ground=DeclineGround.COURT, article="L1 31", reason="已立案", notice=Delivery.POST)
WAIVER = x.WaiverAsked(ground=WaiverGround.PRIVACY, reason="隐私")
ARRIVED = {("decide_acceptance", "intake", OFFICE), ("contact", "intake", OFFICE)}


def for_two(task: str, clerk: str) -> set[tuple[str, str, str]]:
    """A decision that another one of the desk may take, or an approver."""
    return {(task, clerk, OFFICE), (task, "approver", OFFICE)}


IN_HAND = {("handle", "handler", "u-road"), ("handle", "handler", "u-light")}
STEPS: tuple[tuple[Actor, tuple[Event, ...], set[tuple[str, str, str]]], ...] = (
    (INTAKE, (sample.received(), sample.due_set(Clock.CONTACT, date(2026, 1, 6))),
     ARRIVED),
    (INTAKE, (DECLINE,), ARRIVED | for_two("decide_decline", "intake")),
    (APPROVER, (x.DeclineRefused(reason="应受理"),), ARRIVED),
    (INTAKE, (x.VoidingAsked(reason="误登"),), ARRIVED | for_two("decide_voiding", "intake")),
    (APPROVER, (x.VoidingRefused(reason="无误"),), ARRIVED),
    (INTAKE, (x.NoticeWaiverAsked(reason="停机"),), ARRIVED | for_two("decide_notice_waiver", "intake")),
    (APPROVER, (x.NoticeWaiverRefused(reason="可告知"),), ARRIVED),
    (INTAKE, (x.NoticeWaiverAsked(reason="停机"),), ARRIVED | for_two("decide_notice_waiver", "intake")),
    (APPROVER, (x.NoticeWaived(),), ARRIVED),
    (INTAKE, (DECLINE,), ARRIVED | for_two("decide_decline", "intake")),
    (INTAKE, (r.PetitionAccepted(), sample.due_set(Clock.HANDLE, date(2026, 2, 6))),
     {("assign", "intake", OFFICE), ("contact", "intake", OFFICE)}),
    (INTAKE, (sample.ASSIGNED,),
     {("sign", "handler", "u-road"), ("sign", "handler", "u-light"), ("contact_as_lead", "handler", "u-road")}),
    (HANDLER, (sample.SIGNED,),
     {("handle", "handler", "u-road"), ("sign", "handler", "u-light"), ("contact_as_lead", "handler", "u-road")}),
    (HANDLER, (h.ResidentContacted(method=ContactMethod.PHONE, reached=False),),
     {("handle", "handler", "u-road"), ("sign", "handler", "u-light"), ("contact_as_lead", "handler", "u-road")}),
    (HANDLER, (h.ResidentContacted(method=ContactMethod.PHONE, reached=True),),
     {("handle", "handler", "u-road"), ("sign", "handler", "u-light")}),
    (LIGHT, (h.ReturnAsked(unit="u-light", reason="不属我单位"),),
     {("handle", "handler", "u-road"), ("decide_return", "intake", OFFICE)}),
    (INTAKE, (h.ReturnRefused(unit="u-light", reason="属你单位"),),
     {("handle", "handler", "u-road"), ("sign", "handler", "u-light")}),
    (LIGHT, (h.DutyDisputed(units=("u-light", "u-road"), superior="u-street", reason="争议"),),
     {("handle", "handler", "u-road"), ("sign", "handler", "u-light"), ("decide_duty", "approver", "u-street")}),
    (APPROVER, (h.DutyDecided(unit="u-road", superior="u-street", reason="裁定"),),
     {("handle", "handler", "u-road"), ("sign", "handler", "u-light")}),
    (LIGHT, (h.SignedFor(unit="u-light", handler="s-light"),), IN_HAND),
    (HANDLER, (LONGER_ASKED,), {*IN_HAND, ("decide_extension", "approver", "u-road")}),
    (APPROVER, (h.ExtensionRefused(reason="不必"),), IN_HAND),
    (HANDLER, (h.SuspensionAsked(until=date(2026, 1, 30), reason="等待"),),
     {*IN_HAND, ("decide_suspension", "approver", "u-road")}),
    (APPROVER, (h.SuspensionGranted(until=date(2026, 1, 30)),), {*IN_HAND, ("resume", "handler", "u-road")}),
    (HANDLER, (h.HandlingResumed(),), IN_HAND),
    (HANDLER, (h.EscalatedUpward(body="b-1", reason="超出权限"),),
     {*IN_HAND, ("record_superior_answer", "handler", "u-road")}),
    (HANDLER, (h.SuperiorAnswered(body="b-1", text="同意"),), IN_HAND),
    (SUPERVISOR, (REMINDED,), {*IN_HAND, ("answer_reminder", "handler", "u-road")}),
    (HANDLER, (s.ReminderAnswered(id="m1", text="在办"),), IN_HAND),
    (SUPERVISOR, (ORDERED,), {*IN_HAND, ("answer_order", "handler", "u-road")}),
    (HANDLER, (s.SupervisionAnswered(id="o1", text="在办"),), {*IN_HAND, ("judge_order", "supervisor", OFFICE)}),
    (SUPERVISOR, (s.SupervisionEnded(id="o1"),), IN_HAND),
    (LIGHT, (h.CoUnitReported(unit="u-light", text="已配合"),), {("handle", "handler", "u-road")}),
    (HANDLER, (sample.OUTCOME,), {("draft_reply", "handler", "u-road")}),
    (HANDLER, (sample.DRAFTED,), {("approve_reply", "approver", "u-road")}),
    (APPROVER, (h.ReplySentBack(digest="d" * 64, reason="补充"),), {("revise_reply", "handler", "u-road")}),
    (HANDLER, (sample.DRAFTED,), {("approve_reply", "approver", "u-road")}),
    (APPROVER, (sample.APPROVED,), {("deliver_reply", "handler", "u-road")}),
    (HANDLER, (sample.DELIVERED,), {("draft_publication", "publisher", OFFICE)}),
    (PUBLISHER, (PUBLICATION,),
     {("approve_publication", "publisher", OFFICE), ("approve_publication", "approver", OFFICE)}),
    (SECOND, (p.PublicationSentBack(digest="e" * 64, reason="改"),), {("draft_publication", "publisher", OFFICE)}),
    (PUBLISHER, (PUBLICATION,),
     {("approve_publication", "publisher", OFFICE), ("approve_publication", "approver", OFFICE)}),
    (SECOND, (p.PublicationApproved(digest="e" * 64),), {("publish", "publisher", OFFICE)}),
    (PUBLISHER, (sample.PUBLISHED,), {("follow_up", "caller", OFFICE)}),
    (CALLER, (s.FollowUpMissed(method=ContactMethod.PHONE, attempt=1),), {("follow_up", "caller", OFFICE)}),
    (CALLER, (sample.followed_up(Solved.UNSOLVED),), {("recollect", "caller", OFFICE)}),
    (CALLER, (sample.NOT_SETTLED, REOPENED),
     {("handle_again", "handler", "u-road"), ("handle_again", "handler", "u-light")}),
    (HANDLER, (sample.OUTCOME,), {("draft_reply", "handler", "u-road")}),
    (HANDLER, (sample.DRAFTED,), {("approve_reply", "approver", "u-road")}),
    (APPROVER, (sample.APPROVED,), {("deliver_reply", "handler", "u-road")}),
    (HANDLER, (sample.DELIVERED,), {("draft_publication", "publisher", OFFICE)}),
    (PUBLISHER, (WAIVER,), {("draft_publication", "publisher", OFFICE), *for_two("decide_waiver", "publisher")}),
    (SECOND, (x.WaiverRefused(reason="可脱敏"),), {("draft_publication", "publisher", OFFICE)}),
    (PUBLISHER, (WAIVER,), {("draft_publication", "publisher", OFFICE), *for_two("decide_waiver", "publisher")}),
    (SECOND, (sample.WAIVED,), {("follow_up", "caller", OFFICE)}),
    (CALLER, (sample.followed_up(),), {("recollect", "caller", OFFICE)}),
    (CALLER, (sample.SETTLED, c.PetitionClosed()), set()),
    (INTAKE, (s.ReviewAsked(kind=ReviewKind.REVIEW, body="b-2", reason="不服"),),
     {("decide_review", "intake", OFFICE)}),
    (INTAKE, (s.ReviewDecided(kind=ReviewKind.REVIEW, verdict=ReviewVerdict.UPHELD, text="维持",
                              delivery=Delivery.POST),), set()),
    (INTAKE, (r.ErasureAsked(ground=ErasureGround.UNLAWFUL, reason="本人申请"),),
     {("approve_erasure", "approver", OFFICE), ("approve_erasure", "intake", OFFICE)}),
    (INTAKE, (sample.ERASED,), set()),
)  # fmt: skip


def test_the_steps_above_leave_no_rule_out() -> None:
    walked = {type(fact) for _, facts, _ in STEPS for fact in facts}
    elsewhere = {
        r.ImportedPetitionTakenUp, h.HandlerNamed, h.ReturnGranted, h.ExtensionGranted, h.SuspensionRefused,
        p.PublicationCorrected, p.PublicationWithdrawn, r.PetitionClassified,
    }  # fmt: skip
    assert set(CHANGES) - walked == elsewhere


def test_a_returned_file_is_assigned_again_only_without_a_lead(connection: Connection[Any]) -> None:
    story = sample.opened().add(LIGHT, h.ReturnAsked(unit="u-light", reason="不属我单位"))
    assert waiting(connection, story.add(INTAKE, h.ReturnGranted(unit="u-light"))) == {("sign", "handler", "u-road")}
    story.add(HANDLER, sample.SIGNED).add(HANDLER, h.ReturnAsked(unit="u-road", reason="不属我单位"))
    assert waiting(connection, story.add(INTAKE, h.ReturnGranted(unit="u-road"))) == {("assign", "intake", "")}


def test_work_goes_to_the_person_named(connection: Connection[Any]) -> None:
    story = sample.opened().add(HANDLER, sample.SIGNED)
    waiting(connection, story.add(APPROVER, h.HandlerNamed(unit="u-road", handler="s-other")))
    grants = [(Role.HANDLER, "u-road")]
    (task,) = tasks(connection, ALL, grants).tasks
    assert (task.task, task.person, task.due, task.zh) == ("handle", "s-other", date(2026, 2, 6), "办理")
    assert (task.title, task.stage) == ("陈某某反映路灯不亮", "handling")
    assert tasks(connection, ALL, grants, ["s-handler"], own=True).tasks == ()
    assert tasks(connection, ALL, grants, ["s-other"], own=True).tasks == (task,)


def test_due_dates_follow_their_clock(connection: Connection[Any]) -> None:
    story = sample.opened().add(HANDLER, sample.SIGNED).add(HANDLER, LONGER_ASKED)
    longer = sample.due(Clock.HANDLE, date(2026, 2, 11))
    story.add(APPROVER, h.ExtensionGranted(digest="d" * 64, days=3, due=longer))
    waiting(connection, story.add(HANDLER, sample.OUTCOME))
    (task,) = tasks(connection, ALL, [(Role.HANDLER, "u-road")]).tasks
    assert (task.task, task.due) == ("draft_reply", date(2026, 2, 11))


def test_nobody_is_offered_to_judge_their_own_work(connection: Connection[Any]) -> None:
    def offered(story: Story, role: Role, unit: str | None, *persons: str) -> list[str]:
        waiting(connection, story)
        return [task.task for task in tasks(connection, ALL, [(role, unit)], persons).tasks]

    story = sample.opened().add(HANDLER, sample.SIGNED).add(HANDLER, sample.OUTCOME).add(HANDLER, sample.DRAFTED)
    assert offered(story, Role.APPROVER, "u-road", "s-approver") == ["approve_reply"]
    assert offered(story, Role.APPROVER, "u-road", "s-handler") == []
    story.add(APPROVER, sample.APPROVED).add(HANDLER, sample.DELIVERED)
    assert offered(story, Role.PUBLISHER, None, "s-publisher") == ["draft_publication"]
    assert offered(story, Role.PUBLISHER, None, "s-deputy", "s-approver") == []
    story.add(PUBLISHER, PUBLICATION)
    assert offered(story, Role.PUBLISHER, None, "s-publisher") == []
    assert offered(story, Role.PUBLISHER, None, "s-second") == ["approve_publication"]
    story.add(SECOND, p.PublicationApproved(digest="e" * 64))
    assert offered(story, Role.PUBLISHER, None, "s-second") == []
    story.add(PUBLISHER, sample.PUBLISHED)
    assert offered(story, Role.CALLER, None, "s-caller") == ["follow_up"]
    assert offered(story, Role.CALLER, None, "s-handler") == []


def test_what_hangs_and_accuses_by_now_is_to_be_taken_down(connection: Connection[Any]) -> None:
    """The boards would tell the accused (L1 30, 46): a person takes it down there, and that is the withdrawal."""
    down = ("take_down", "publisher", OFFICE)
    accused, cleared = (r.PetitionCorrected(reason="更正", against=one) for one in ((v.Accused(unit="u-9"),), ()))
    story = sample.replied(sample.opened())
    assert down not in waiting(connection, story.add(INTAKE, accused))
    story.add(INTAKE, cleared).add(PUBLISHER, sample.PUBLISHED)
    assert down in waiting(connection, story.add(INTAKE, accused))
    assert down not in waiting(connection, story.add(INTAKE, cleared))
    assert down in waiting(connection, story.add(INTAKE, accused))
    assert down not in waiting(connection, story.add(PUBLISHER, p.PublicationWithdrawn(reason="涉及被反映单位")))
    assert down not in waiting(connection, story.add(INTAKE, accused))


def test_an_end_leaves_nothing_but_an_erasure(connection: Connection[Any]) -> None:
    story = Story().add(INTAKE, sample.received())
    story.add(INTAKE, r.ErasureAsked(ground=ErasureGround.UNLAWFUL, reason="本人申请"))
    story.add(INTAKE, r.PetitionDeclined(ground=DeclineGround.COURT, article="L1 23", reason="属法院"))
    assert waiting(connection, story) == {("approve_erasure", "approver", ""), ("approve_erasure", "intake", "")}


def test_who_is_accused_is_offered_nothing(connection: Connection[Any]) -> None:
    story = sample.opened(against=(v.Accused(unit="u-light"),), secrecy=Secrecy.SECRET)
    waiting(connection, story)
    grants = [(Role.HANDLER, "u-road"), (Role.HANDLER, "u-light"), (Role.INTAKE, None)]
    accused = Sight(units=frozenset({"u-light"}), under=frozenset({"u-light"}), office=True)
    stranger = Sight(units=frozenset({"u-9"}), under=frozenset({"u-9"}))
    for blind in (accused, stranger):
        assert tasks(connection, blind, grants).tasks == ()
        assert counts(connection, blind, grants, [], IN_MARCH) == {}
    assert len(tasks(connection, Sight(units=frozenset({"u-road"})), grants).tasks) == 2
    corrected = r.PetitionCorrected(reason="更正", against=())
    waiting(connection, story.add(INTAKE, corrected))
    assert len(tasks(connection, accused, grants).tasks) == 2


def test_pages_come_most_urgent_first_and_undated_last(connection: Connection[Any]) -> None:
    story = Story()
    for index in range(1, 10):
        number = f"HY-2026-00000{index}"
        story.add(INTAKE, sample.received(), number=number)
        if index % 3:
            due = date(2026, 2, 20) - timedelta(days=index)
            story.add(INTAKE, sample.due_set(Clock.NOTICE, due), number=number)
    waiting(connection, story)
    grants = [(Role.INTAKE, "u-desk"), (Role.PUBLISHER, None)]
    found: list[str] = []
    cursor: str | None = None
    while True:
        part = tasks(connection, ALL, grants, cursor=cursor, limit=2)
        found.extend(task.number[-1] for task in part.tasks)
        if not (cursor := part.next_cursor):
            break
    assert found == list("875421369")
    assert counts(connection, ALL, grants, [], IN_FEBRUARY) == {"decide_acceptance": TaskCount(9, 2, 3)}
    with pytest.raises(Invalid):
        tasks(connection, ALL, grants, cursor="x")


def test_the_light_and_the_kind_narrow_the_list(connection: Connection[Any]) -> None:
    days = IN_FEBRUARY
    on = {"1": date(2026, 2, 14), "2": days.today, "3": days.soon, "4": date(2026, 2, 19), "5": None}
    story = Story()
    for index, due in on.items():
        number = f"HY-2026-00000{index}"
        story.add(INTAKE, sample.received(), number=number)
        if due is not None:
            story.add(INTAKE, sample.due_set(Clock.NOTICE, due), number=number)
    waiting(connection, story)

    def found(**wanted: Any) -> str:
        grants = [(Role.INTAKE, None)]
        page = tasks(connection, ALL, grants, wanted=TaskFilter(days=days, **wanted))
        return "".join(task.number[-1] for task in page.tasks)

    assert [found(light=light) for light in Light] == ["1", "23", "45"]
    assert {light: "".join(key for key, due in on.items() if days.light(due) is light) for light in Light} == {
        Light.RED: "1",
        Light.AMBER: "23",
        Light.GREEN: "45",
    }
    assert found(kinds=["decide_acceptance"], unit="") == "12345"
    assert found(kinds=["assign"]) == found(unit="u-road") == ""


def test_a_task_for_two_roles_is_offered_once(connection: Connection[Any]) -> None:
    story = sample.replied(sample.opened()).add(PUBLISHER, PUBLICATION)
    waiting(connection, story)
    both = [(Role.PUBLISHER, None), (Role.APPROVER, "u-light")]
    assert [task.task for task in tasks(connection, ALL, both, ["s-second"]).tasks] == ["approve_publication"]
    assert counts(connection, ALL, both, ["s-second"], IN_MARCH) == {"approve_publication": TaskCount(1, 0, 0)}


def test_no_query_of_the_work_list_scans(connection: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    feed(connection, Ledger(), Worklist(), recorded=[])
    connection.execute("""
        INSERT INTO worklist.files (number, secrecy, against_units, against_staff)
        SELECT 'HY-2026-' || i, 'open', '{}', '{}' FROM generate_series(1, 20000) i""")
    connection.execute("""
        INSERT INTO worklist.tasks (number, task, role, unit, matter, due, since, excluded)
        SELECT 'HY-2026-' || i, 'handle', 'handler', 'u-' || i % 20, '', date '2026-01-01' + i % 300, now(), '{}'
        FROM generate_series(1, 20000) i""")
    connection.execute("ANALYZE")
    connection.execute("SET enable_seqscan = on")
    plans: list[str] = []
    real = psycopg.Cursor.execute

    def explained(cursor: Any, statement: Any, parameters: Any = None, **options: Any) -> Any:
        if parameters is not None:
            real(cursor, "EXPLAIN " + statement.as_string(connection), parameters)
            plans.extend(record["QUERY PLAN"] for record in cursor.fetchall())
        return real(cursor, statement, parameters, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", explained)
    grants = [(Role.HANDLER, "u-1"), (Role.HANDLER, "u-2"), (Role.INTAKE, None)]
    sight = Sight(units=frozenset({"u-1"}), under=frozenset({"u-1"}))
    assert len(tasks(connection, sight, grants, ["s1"]).tasks) == 50
    assert counts(connection, sight, grants, ["s1"], IN_MARCH, own=True)["handle"].waiting == 2000
    assert plans
    assert not [line for line in plans if "Seq Scan" in line and "on rows" not in line]


def test_every_task_has_a_name_and_somebody_to_do_it() -> None:
    opened = {task for change in CHANGES.values() for task in change.opens}
    closed = {task for change in CHANGES.values() for task in change.closes}
    assert opened | closed <= set(KINDS)
    assert all(kind.zh and kind.roles for kind in KINDS.values())


@pytest.mark.parametrize("end", [sample.ERASED_CHEN, sample.ERASED])
def test_rebuilt_equals_live_after_an_erasure(connection: Connection[Any], end: r.DataErased) -> None:
    story = sample.replied(sample.opened()).add(INTAKE, end).add(PUBLISHER, PUBLICATION)
    live, rebuilt = live_and_rebuilt(connection, Worklist(), story.recorded)
    assert rebuilt == live


def test_a_caller_hears_the_resident_who_says_that_it_is_not_solved(connection: Connection[Any]) -> None:
    hear = ("hear_resident", "caller", OFFICE)
    story = sample.replied(sample.opened()).add(PUBLISHER, sample.PUBLISHED).add(CALLER, sample.followed_up())
    story.add(CALLER, sample.SETTLED, c.PetitionClosed())
    for solved in (None, Solved.SOLVED):
        assert hear not in waiting(connection, story.add(RESIDENT, c.ResidentSpoke(solved=solved, text="谢谢")))
    assert hear in waiting(connection, story.add(RESIDENT, c.ResidentSpoke(solved=Solved.UNSOLVED)))
    assert hear not in waiting(connection, story.add(CALLER, sample.NOT_SETTLED, REOPENED))
