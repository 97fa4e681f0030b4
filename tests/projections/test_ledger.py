"""The ledger: what its rows say, what is found, what may not be seen, and that nothing scans."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from domain.clocks import Calendar
from domain.errors import Invalid
from domain.kernel import Recorded
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.vocabulary import Channel, Clock, Nature, Satisfaction, Secrecy, Solved
from projections.ledger import Ledger
from projections.ledger_queries import count, page, rows_for_export
from projections.ledger_rows import LedgerFilter, LedgerRow
from projections.search import Search
from projections.sight import Sight
from tests.projections import sample_file as sample
from tests.projections.histories import JANUARY, noon
from tests.projections.sample_file import HANDLER, INTAKE, NUMBER, Story
from tests.projections.tables_kit import everything, feed, live_and_rebuilt, row

ALL = Sight(committee=True)
STAFF = Sight(staff=frozenset({"s1"}), units=frozenset({"u-road"}), under=frozenset({"u-road", "u-street"}))


def ledger(connection: Connection[Any], story: Story) -> None:
    feed(connection, Ledger(), Search(), recorded=story.recorded)


def only(connection: Connection[Any], sight: Sight = ALL) -> LedgerRow:
    found = row(connection, NUMBER, sight)
    assert found is not None
    return found


def numbers(connection: Connection[Any], sight: Sight = ALL, **asked: Any) -> list[str]:
    """The files that a filter finds, gathered page by page, two at a time."""
    found: list[str] = []
    cursor = None
    while True:
        part = page(connection, LedgerFilter(**asked), sight, cursor, 2)
        found.extend(one.number for one in part.rows)
        cursor = part.next_cursor
        if cursor is None:
            break
    assert found == [one.number for one in rows_for_export(connection, LedgerFilter(**asked), sight)]
    assert count(connection, LedgerFilter(**asked), sight).files == len(found)
    return [number.removeprefix("HY-2026-00000") for number in found]


def test_a_row_says_where_an_open_file_stands(connection: Connection[Any]) -> None:
    ledger(connection, sample.opened())
    found = only(connection)
    assert (found.stage, found.round, found.channel, found.nature) == ("handling", 1, Channel.WEB, Nature.HELP)
    assert (found.petitioner, found.title) == ("陈某某等2人", "陈某某反映路灯不亮")
    assert (found.lead, found.co_units) == ("u-road", ("u-light",))
    assert (found.due, found.due_working, found.extended_to) == (date(2026, 2, 6), True, None)
    assert (found.legacy_number, found.area, found.category) == ("旧-17", "a-1", "c-road")
    assert found.accepted_at is not None
    assert found.version == 6


def test_a_row_speaks_of_the_present_round(connection: Connection[Any]) -> None:
    ledger(connection, sample.full())
    found = only(connection)
    assert (found.stage, found.round, found.publication, found.published_at) == ("closed", 2, "waived", None)
    assert (found.solved, found.satisfaction) == (Solved.SOLVED, Satisfaction.SATISFIED)
    assert (found.due, found.extended_to, found.suspended_until) == (date(2026, 3, 2), None, None)
    assert (found.orders, found.open_orders, found.reminders) == (1, 0, 1)
    assert (found.review, found.review_verdict) == ("review", "upheld")
    assert found.archive_number == f"{NUMBER}-R2"
    assert found.replied


def test_an_extension_keeps_where_it_leads(connection: Connection[Any]) -> None:
    story = sample.opened().add(HANDLER, h.ExtensionAsked(days=3, reason="缺件", salt="salz", digest="d" * 64))
    later = sample.due(Clock.HANDLE, date(2026, 2, 11))
    story.add(sample.APPROVER, h.ExtensionGranted(digest="d" * 64, days=3, due=later))
    moved = sample.due(Clock.HANDLE, date(2026, 2, 12), provisional=True)
    ledger(connection, story.add(INTAKE, r.DueDatesRecomputed(due=(moved,))))
    found = only(connection)
    assert (found.due, found.extended_to, found.due_provisional) == (date(2026, 2, 12), date(2026, 2, 12), True)


def test_days_overdue_count_until_the_reply(connection: Connection[Any]) -> None:
    ledger(connection, sample.opened())
    found, calendar = only(connection), Calendar()
    assert found.overdue_days(date(2026, 2, 6), calendar) == 0
    assert found.overdue_days(date(2026, 2, 10), calendar) == 2
    story = sample.replied(sample.opened())
    ledger(connection, story)
    assert only(connection).overdue_days(date(2026, 9, 1), calendar) == 0


def test_a_returned_file_leaves_the_unit(connection: Connection[Any]) -> None:
    story = sample.opened().add(HANDLER, h.ReturnAsked(unit="u-road", reason="不属我单位"))
    ledger(connection, story.add(INTAKE, h.ReturnGranted(unit="u-road")))
    assert (only(connection).lead, only(connection).co_units) == (None, ("u-light",))
    assert numbers(connection, units=("u-road",)) == []
    assert numbers(connection, units=("u-light",)) == ["1"]


def test_a_correction_replaces_what_it_names(connection: Connection[Any]) -> None:
    story = sample.opened()
    person = v.Petitioner(id="p3", name="王五一")
    correction = r.PetitionCorrected(
        reason="登记有误", channel=Channel.WINDOW, source=v.WindowSource(), petitioners=(person,), people_count=4,
        against=(v.Accused(staff="s9", staff_units=("u-light",)),), place=v.Place(area="a-2"),
        received_at=datetime(2025, 12, 31, 17, tzinfo=UTC),
    )  # fmt: skip
    ledger(connection, story.add(INTAKE, correction))
    found = only(connection)
    assert (found.channel, found.petitioner, found.people_count, found.area) == (Channel.WINDOW, "王某某", 4, "a-2")
    assert (found.received_day, found.against_units) == (date(2026, 1, 1), ("u-light",))
    assert found.title == "陈某某反映路灯不亮"
    assert numbers(connection, channel="web") == []
    assert numbers(connection, channel="window", areas=("a-1", "a-2"), received_to=date(2026, 1, 1)) == ["1"]


def test_an_undated_import_stands_last_and_starts_no_clock(connection: Connection[Any]) -> None:
    imported = r.PetitionImported(
        channel=Channel.WEB, source_system="旧台账", source_id="1", nature=Nature.CONSULT, secrecy=Secrecy.OPEN,
        title="咨询", content="咨询医保", people_count=1,
        demands=(v.Demand(id="d1", nature=Nature.CONSULT, text="咨询"),),
        legacy_number="2019-5", rulebook_version=1,
    )  # fmt: skip
    story = Story().add(sample.INTAKE, imported, undated=True)
    story.add(INTAKE, h.ReplyImported(text="已答复", replied_by="卫健委"), undated=True)
    story.add(INTAKE, sample.received(), number="HY-2026-000002")
    ledger(connection, story)
    found = only(connection)
    assert (found.received_at, found.replied, found.replied_at, found.due) == (None, True, None, None)
    assert (found.stage, found.imported, found.round) == ("imported", True, 0)
    assert numbers(connection) == ["2", "1"]
    assert numbers(connection, received_from=date(2000, 1, 1)) == ["2"]
    assert numbers(connection, q="2019-5") == ["1"]


@pytest.fixture
def town(connection: Connection[Any]) -> Connection[Any]:
    """Nine files, later ones with higher numbers."""
    story = Story()
    for index in range(1, 10):
        number = f"HY-2026-00000{index}"
        story.add(
            INTAKE,
            sample.received(
                channel=Channel.WEB if index % 2 else Channel.WINDOW,
                nature=Nature.HELP if index < 7 else Nature.CONSULT,
                category=f"c-{index % 3}",
                area=f"a-{index % 4}",
                title="路灯不亮" if index % 3 else "垃圾无人清运",
                legacy_number=f"旧-{index}",
            ),
            number=number,
            at=noon(JANUARY + timedelta(days=index)),
        )
        if index > 4:
            story.add(INTAKE, r.PetitionAccepted(), number=number)
            story.add(INTAKE, sample.due_set(Clock.HANDLE, date(2026, 2, 20 - index)), number=number)
            story.add(INTAKE, h.Assigned(lead=f"u-{index % 2}", co_units=("u-9",)), number=number)
    ledger(connection, story)
    return connection


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "987654321"),
        ({"channel": "window"}, "8642"),
        ({"stage": "handling"}, "98765"),
        ({"nature": "consult", "stage": "handling"}, "987"),
        ({"areas": ("a-1", "a-2")}, "96521"),
        ({"categories": ("c-0", "c-1"), "channel": "web"}, "9731"),
        ({"units": ("u-1", "u-9")}, "98765"),
        ({"units": ("u-0",), "channel": "window"}, "86"),
        ({"received_from": date(2026, 1, 7), "received_to": date(2026, 1, 9)}, "432"),
        ({"received_from": date(2026, 1, 7), "received_to": date(2026, 1, 9), "channel": "web"}, "3"),
        ({"order": "due"}, "98765"),
        ({"order": "due", "units": ("u-1", "u-9")}, "98765"),
        ({"overdue_on": date(2026, 2, 13)}, "98"),
        ({"overdue_on": date(2026, 2, 13), "channel": "web"}, "9"),
        ({"q": "HY-2026-000004"}, "4"),
        ({"q": "hy-2026-"}, "987654321"),
        ({"q": "hy-2026-", "channel": "web"}, "97531"),
        ({"q": "旧-5"}, "5"),
        ({"q": "旧-5", "channel": "window"}, ""),
        ({"q": "垃圾"}, "963"),
        ({"q": "无人清运", "channel": "web"}, "93"),
        ({"q": "垃圾", "overdue_on": date(2026, 2, 13)}, "9"),
        ({"q": "垃圾", "received_to": date(2026, 1, 11)}, "63"),
        ({"q": "清无"}, ""),
        ({"q": "？！"}, ""),
        ({"round": 1, "stage": "receiving"}, "4321"),
        ({"round": 2}, ""),
    ],
)
def test_filters_find_page_by_page_what_they_ask_for(town: Connection[Any], asked: dict[str, Any], found: str) -> None:
    assert numbers(town, **asked) == list(found)


def test_counting_stops_at_its_cap(town: Connection[Any]) -> None:
    capped = count(town, LedgerFilter(), ALL, cap=5)
    assert (capped.files, capped.exact) == (5, False)
    assert count(town, LedgerFilter(), ALL, cap=9).exact


@pytest.mark.parametrize("cursor", ["x", "", "cmVjZWl2ZWQ", "8J-YgB9hHzE", "\x00", "ZHVlHzIwMjYtMDEtMDEfSFk"])
def test_a_cursor_that_no_page_gave_is_refused(town: Connection[Any], cursor: str) -> None:
    with pytest.raises(Invalid):
        page(town, LedgerFilter(), ALL, cursor)


def test_who_is_accused_finds_nothing(connection: Connection[Any]) -> None:
    story = Story()
    against = (v.Accused(unit="u-road"), v.Accused(staff="s9", staff_units=("u-light",)))
    story.add(INTAKE, sample.received(title="举报路政", against=against, legacy_number="旧-1"))
    story.add(INTAKE, r.PetitionAccepted(), sample.due_set(Clock.HANDLE, date(2026, 1, 9)))
    ledger(connection, story)
    asked: list[dict[str, Any]] = [
        {},
        {"channel": "web"},
        {"q": "路政"},
        {"q": NUMBER},
        {"q": "旧-1"},
        {"order": "due"},
    ]
    accused = (
        Sight(under=frozenset({"u-road", "u-street"})),
        Sight(under=frozenset({"u-light"})),
        Sight(staff=frozenset({"s9"})),
        Sight(staff=frozenset({"s9"}), committee=True),
    )
    for filters in asked:
        assert numbers(connection, **filters) == ["1"]
        assert numbers(connection, Sight(under=frozenset({"u-street"})), **filters) == ["1"]
        for sight in accused:
            assert numbers(connection, sight, **filters) == []
    assert all(row(connection, NUMBER, sight) is None for sight in accused)


SIGHTS = st.builds(
    Sight,
    committee=st.booleans(),
    staff=st.frozensets(st.sampled_from(["s1", "s9"])),
    units=st.frozensets(st.sampled_from(["u-road", "u-light"])),
    under=st.frozensets(st.sampled_from(["u-road", "u-light", "u-street"])),
    office=st.booleans(),
)


@given(sight=SIGHTS, secret=st.booleans(), accused=st.sampled_from(["u-light", "u-street", "s9", None]))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_rule_in_sql_is_the_rule_in_python(
    connection: Connection[Any], sight: Sight, secret: bool, accused: str | None
) -> None:
    facts = {
        "against_units": [accused] if accused and accused.startswith("u") else [],
        "against_staff": [accused] if accused == "s9" else [],
        "secrecy": "secret" if secret else "open",
        "involved": ["u-road"],
    }
    rule, parameters = sight.sql("f")
    row = "SELECT %(against_units)s::text[] AS against_units, %(against_staff)s::text[] AS against_staff,"
    row += " %(secrecy)s::text AS secrecy, %(involved)s::text[] AS involved"
    found = connection.execute(f"SELECT 1 FROM ({row}) f WHERE {rule}", {**facts, **parameters}).fetchone()
    assert (found is not None) == sight.sees(**facts)  # type: ignore[arg-type]


def test_a_secret_file_is_for_intake_and_the_units_on_it(connection: Connection[Any]) -> None:
    ledger(connection, sample.opened(secrecy=Secrecy.SECRET))
    assert numbers(connection, STAFF) == ["1"]
    assert numbers(connection, Sight(office=True)) == ["1"]
    assert numbers(connection, Sight(units=frozenset({"u-other"}))) == []


def test_nothing_given_in_plain_is_stored(connection: Connection[Any]) -> None:
    ledger(connection, sample.full())
    stored = everything(connection, "ledger")
    assert not [secret for secret in sample.SECRETS if secret in stored]


def test_restricted_data_is_not_shown(connection: Connection[Any]) -> None:
    ledger(connection, sample.opened().add(INTAKE, sample.RESTRICTED_CHEN))
    assert (only(connection).petitioner, only(connection).title) == ("[已封存]等2人", "[已封存]反映路灯不亮")
    ledger(connection, sample.opened().add(INTAKE, sample.RESTRICTED))
    assert (only(connection).petitioner, only(connection).title) == ("[已封存]等2人", "[已封存]")
    assert only(connection).restricted


def test_after_an_erasure_the_row_stands_without_the_person(connection: Connection[Any]) -> None:
    ledger(connection, sample.opened().add(INTAKE, sample.ERASED_CHEN))
    assert (only(connection).petitioner, only(connection).title) == ("[已删除]等2人", "[已删除]反映路灯不亮")
    assert "陈某某" not in everything(connection, "ledger")
    ledger(connection, sample.opened().add(INTAKE, sample.ERASED))
    found = only(connection)
    assert (found.petitioner, found.title, found.people_count) == ("[已删除]等2人", "[已删除]", 2)
    assert "路灯" not in everything(connection, "ledger")


def erased_stories() -> list[list[Recorded]]:
    correction = r.PetitionCorrected(
        reason="更正", title="⟦p3.name⟧反映路灯", petitioners=(v.Petitioner(id="p3", name="王五一"),)
    )
    return [
        sample.full().add(INTAKE, sample.ERASED_CHEN).recorded,
        sample.full().add(INTAKE, sample.ERASED_CHEN).add(INTAKE, sample.ERASED).recorded,
        sample.opened().add(INTAKE, correction).add(INTAKE, sample.ERASED).recorded,
        sample.opened().add(INTAKE, sample.ERASED).add(INTAKE, correction).recorded,
        sample.opened().add(INTAKE, correction).add(INTAKE, sample.ERASED_CHEN).recorded,
        sample.opened().add(INTAKE, sample.RESTRICTED).add(INTAKE, sample.ERASED).add(HANDLER, sample.SIGNED).recorded,
    ]


@pytest.mark.parametrize("recorded", erased_stories())
def test_rebuilt_equals_live_after_an_erasure(connection: Connection[Any], recorded: list[Recorded]) -> None:
    live, rebuilt = live_and_rebuilt(connection, Ledger(), recorded)
    assert rebuilt == live
