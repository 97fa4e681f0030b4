"""A rulebook's content: the sample, its questions and answers, and the mistakes it names."""

import re
from datetime import UTC, date, datetime

import pytest

from domain.clocks import CalendarYear, Holiday
from domain.rulebook import BadRulebook, RulebookContent
from domain.vocabulary import AreaLevel, Channel, Clock, Nature, PetitionKind, Track, UnitKind, Urgency
from tests.domain.rulebook_sample import SAMPLE, TOML, edited

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
NOTICE_2027 = CalendarYear(
    holidays=(Holiday(date=date(2027, 1, 1), name="元旦"), Holiday(date=date(2027, 1, 21), name="春节")),
    workdays=(date(2027, 1, 16),),
    source="测试放假通知",
)


def refused(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(BadRulebook) as refusal:
        RulebookContent.from_toml(edited(*changes))
    return [str(problem) for problem in refusal.value.problems]


def test_the_sample_is_the_street_it_says():
    levels = [area.level for area in SAMPLE.areas]
    assert (levels.count(AreaLevel.COMMUNITY), levels.count(AreaLevel.GRID)) == (8, 8)
    own = [unit for unit in SAMPLE.units if unit.kind not in {UnitKind.STREET, UnitKind.COMMUNITY}]
    assert len(own) == 10
    assert any(unit.takes_reports for unit in own)
    depths = [len(SAMPLE.category_chain(category.code)) for category in SAMPLE.categories]
    assert depths.count(1) == 12
    assert depths.count(3) >= 60
    assert all(SAMPLE.competent(category.code) for category in SAMPLE.categories)
    assert all(SAMPLE.channels[channel].enabled for channel in Channel)


def test_content_survives_storage_and_is_asked_before_and_after():
    SAMPLE.chain("ZF")
    again = RulebookContent.model_validate_json(SAMPLE.model_dump_json())
    assert again == SAMPLE
    assert again.chain("ZF") == SAMPLE.chain("ZF")


def test_units_above_and_below():
    assert SAMPLE.chain("ZF") == ("ZF", "CG", "HY")
    assert SAMPLE.below("CG") == {"CG", "ZF", "HW"}
    assert {"S01", "FL", "ZF"} < SAMPLE.below("HY")
    assert not SAMPLE.below("HY") & {"JW", "JQ"}
    assert SAMPLE.unit("ZF") is not None


@pytest.mark.parametrize(
    "look", ["unit", "area", "category", "body", "window", "top_category", "community_of", "grid_of"]
)
def test_an_unknown_code_has_no_entry(look):
    assert getattr(SAMPLE, look)("?") is None


def test_an_unknown_code_stands_for_itself_alone():
    assert SAMPLE.category_chain("?") == ()
    assert SAMPLE.competent("?") == ()
    assert SAMPLE.chain("?") == ("?",)
    assert SAMPLE.below("?") == {"?"}


@pytest.mark.parametrize(
    ("area", "community", "grid"),
    [("A01G1B02", "A01", "A01G1"), ("A01G1", "A01", "A01G1"), ("A01", "A01", None), ("A", None, None)],
)
def test_community_and_grid_of_an_area(area, community, grid):
    assert (SAMPLE.community_of(area), SAMPLE.grid_of(area)) == (community, grid)


def test_categories_and_who_is_competent():
    assert SAMPLE.category_chain("010301") == ("010301", "0103", "01")
    top = SAMPLE.top_category("010301")
    assert top is not None
    assert top.name == "市容环境"
    assert [unit.code for unit in SAMPLE.competent("010301")] == ["ZF", "CG"]
    assert [unit.code for unit in SAMPLE.competent("120101", "A03G1B01")] == ["S03"]


def test_a_follow_up_asks_by_nature():
    scripts = {nature: SAMPLE.script(Channel.WEB, nature) for nature in (Nature.THANKS, Nature.HELP)}
    assert [one and one.questions[0].code for one in scripts.values()] == ["CLEAR", "CAME"]


def test_routes_take_the_rows_that_fit():
    assert [number for number, _ in SAMPLE.routes_for(Nature.COMPLAINT, "080202", "A02G1")] == [1]
    assert [number for number, _ in SAMPLE.routes_for(Nature.CONSULT, "080101", None)] == [4]
    assert not [*SAMPLE.routes_for(Nature.COMPLAINT, "080101", None)]
    assert not [*SAMPLE.routes_for(Nature.COMPLAINT, None, "A02G1")]


def test_a_route_of_a_code_given_up_holds_for_its_successor():
    content = RulebookContent.from_toml(
        edited(('{ code = "0901", name', '{ code = "0901", replaced_by = "0902", name'))
    )
    assert [number for number, _ in content.routes_for(Nature.HELP, "090201", None)] == [2]


def test_the_unit_responsible_where_it_happened():
    units = {area: unit.code for area in ("A02G1B01", "A02", "A") if (unit := SAMPLE.local_unit(area))}
    assert units == {"A02G1B01": "S02", "A02": "S02", "A": "HY"}
    assert SAMPLE.local_unit("?") is None


@pytest.mark.parametrize(
    ("units", "superior"),
    [
        (("ZF", "HW"), "CG"),
        (("ZF", "WY"), "HY"),
        (("CG", "ZF"), "HY"),
        (("ZF",), "CG"),
        (("HY", "ZF"), None),
        (("ZF", "JQ"), None),
    ],
)
def test_the_lowest_common_superior(units, superior):
    found = SAMPLE.common_superior(units)
    assert (found and found.code) == superior


def test_windows_and_bodies():
    window, body = SAMPLE.window("W3"), SAMPLE.body("QFY")
    assert window is not None
    assert body is not None
    assert (window.unit, body.kind) == ("FL", "outside")


def test_natures_and_tracks():
    assert [SAMPLE.kind(nature) for nature in (Nature.SUGGESTION, Nature.REPORT, Nature.COMPLAINT)] == list(
        PetitionKind
    )
    assert SAMPLE.track(Channel.HOTLINE, Nature.COMPLAINT) is Track.WORK_ORDER
    assert SAMPLE.track(Channel.HOTLINE, Nature.REPORT) is Track.XINFANG
    assert SAMPLE.track(Channel.LETTER_VISIT, Nature.COMPLAINT) is Track.XINFANG
    assert SAMPLE.track(Channel.WEB, Nature.CONSULT) is Track.WORK_ORDER


@pytest.mark.parametrize(
    ("clock", "track", "nature", "days", "working"),
    [
        (Clock.NOTICE, Track.XINFANG, Nature.HELP, 15, False),
        (Clock.OBJECT, Track.XINFANG, Nature.HELP, 5, True),
        (Clock.OBJECT, Track.WORK_ORDER, Nature.HELP, 5, True),
        (Clock.HANDLE, Track.XINFANG, Nature.HELP, 60, False),
        (Clock.HANDLE, Track.XINFANG, Nature.COMPLAINT, 60, False),
        (Clock.HANDLE, Track.XINFANG, Nature.SUGGESTION, None, None),
        (Clock.HANDLE, Track.XINFANG, Nature.REPORT, None, None),
        (Clock.REVIEW_ASK, Track.XINFANG, Nature.HELP, 30, False),
        (Clock.REVIEW, Track.XINFANG, Nature.HELP, 30, False),
        (Clock.RE_REVIEW_ASK, Track.XINFANG, Nature.HELP, 30, False),
        (Clock.RE_REVIEW, Track.XINFANG, Nature.HELP, 30, False),
        (Clock.SIGN, Track.WORK_ORDER, Nature.HELP, 1, True),
        (Clock.CONTACT, Track.WORK_ORDER, Nature.HELP, 1, True),
        (Clock.HANDLE, Track.WORK_ORDER, Nature.CONSULT, 1, True),
        (Clock.HANDLE, Track.WORK_ORDER, Nature.SUGGESTION, 1, True),
        (Clock.HANDLE, Track.WORK_ORDER, Nature.REPORT, 3, True),
        (Clock.HANDLE, Track.WORK_ORDER, Nature.HELP, 5, True),
        (Clock.HANDLE, Track.WORK_ORDER, Nature.COMPLAINT, 5, True),
        (Clock.NOTICE, Track.WORK_ORDER, Nature.HELP, None, None),
    ],
)
def test_limits_of_the_sample(clock, track, nature, days, working):
    limit = SAMPLE.limit(clock, track=track, nature=nature, urgency=Urgency.NORMAL)
    assert (limit and (limit.days, limit.working)) == (None if days is None else (days, working))


def test_re_handling_has_a_limit_of_its_own():
    again = SAMPLE.limit(Clock.HANDLE, track=Track.WORK_ORDER, nature=Nature.HELP, rehandling=True)
    assert again is not None
    assert again.days == 3


def test_limits_by_nature_and_urgency_take_the_first_row_that_fits():
    row = (
        '{ clock = "handle", track = "work_order", natures = ["help"], urgencies = ["urgent"], days = 2, working = true'
    )
    content = RulebookContent.from_toml(edited(("limits = [\n", f'limits = [\n  {row}, rule = "街道规定" }},\n')))
    days = {
        urgency: limit.days
        for urgency in Urgency
        if (limit := content.limit(Clock.HANDLE, track=Track.WORK_ORDER, nature=Nature.HELP, urgency=urgency))
    }
    assert days == {Urgency.NORMAL: 5, Urgency.URGENT: 2, Urgency.CRITICAL: 5}


def test_due_names_rule_calendar_and_version():
    due = SAMPLE.due(Clock.HANDLE, NOW, version=7, track=Track.XINFANG, nature=Nature.HELP, urgency=Urgency.NORMAL)
    assert due is not None
    assert (due.due, due.provisional, due.rulebook_version, due.rule) == (date(2027, 1, 21), True, 7, "L1 31(6)、34")
    assert due.calendar == SAMPLE.calendar.edition
    assert SAMPLE.due(Clock.HANDLE, NOW, version=7, track=Track.XINFANG, nature=Nature.SUGGESTION) is None
    published = SAMPLE.with_calendar(2027, NOTICE_2027)
    after = published.recount(due, version=8)
    assert (after.due, after.provisional, after.rulebook_version) == (date(2027, 1, 22), False, 8)


def test_a_calendar_in_the_file_is_used():
    lines = [
        line.removeprefix("# ") for line in TOML.splitlines() if re.match(r"# (\[cal|source|holidays =|workdays)", line)
    ]
    content = RulebookContent.from_toml("\n".join([TOML, *lines]))
    assert len(lines) == 4
    assert content.calendar.is_published(2027)
    assert content.calendar.is_make_up_day(date(2027, 2, 14))


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('code = "CG", name', 'code = "DQ", name', "units[DQ].code"),
        ('superior = "CG"', 'superior = "NO"', "units[ZF].superior"),
        (
            '{ code = "HY", name = "禾源街道办事处", kind',
            '{ code = "HY", superior = "FL", name = "x", kind',
            "units[HY].superior",
        ),
        ('duties = ["11"]', 'duties = ["99"]', "units[DQ].duties"),
        ('areas = ["A01"]', 'areas = ["Z"]', "units[S01].areas"),
        ('kind = "clinic"', 'kind = "hospital"', "units[FL].kind"),
        ('kind = "clinic", ', "", "units[FL].kind"),
        ('kind = "clinic"', 'kind = "clinic", colour = "red"', "units[FL].colour"),
        ('code = "FL"', 'code = "F L"', "units[F L].code"),
        ('kind = "clinic"', 'kind = "clinic", replaced_by = "NO"', "units[FL].replaced_by"),
        ('kind = "clinic"', 'kind = "clinic", replaced_by = "FL"', "units[FL].replaced_by"),
        ('level = "street", unit = "HY"', 'level = "street", unit = "NO"', "areas[A].unit"),
        ('level = "street"', 'level = "street", parent = "A01"', "areas[A].parent"),
        ('level = "street"', 'level = "community"', "areas"),
        ('level = "grid", parent = "A01"', 'level = "grid", parent = "A"', "areas[A01G1].parent"),
        ('level = "grid", parent = "A01"', 'level = "grid"', "areas[A01G1].parent"),
        (
            'level = "grid", parent = "A01"',
            'level = "grid", parent = "A01", replaced_by = "A02"',
            "areas[A01G1].replaced_by",
        ),
        ('name = "清扫保洁", parent = "01"', 'name = "清扫保洁", parent = "77"', "categories[0101].parent"),
        ('name = "清扫保洁", parent = "01"', 'name = "清扫保洁", parent = "010101"', "categories[0101].parent"),
        ('name = "市容环境"', 'name = "市容环境", parent = "02"', "categories[010101].parent"),
        ('code = "W3", name = "法律服务窗口", unit = "FL"', 'code = "W3", name = "x", unit = "NO"', "windows[W3].unit"),
        ('code = "W3"', 'code = "W2"', "windows[W2].code"),
        ('code = "QJC"', 'code = "QFY"', "bodies[QFY].code"),
        ("symposium = { enabled = true }", "", "channels.symposium"),
        ("symposium = { enabled = true }", 'symposium = { enabled = "maybe" }', "channels.symposium.enabled"),
        ("symposium = { enabled", "pigeon = { enabled", "channels.pigeon"),
        ('thanks = "opinion"\n', "", "nature_kinds.thanks"),
        ('  { track = "work_order" },\n', "", "tracks"),
        ("tracks = [\n", 'tracks = [\n  { track = "xinfang" },\n', "tracks[#2]"),
        ("days = 60", "days = 0", "limits[#2].days"),
        ("days = 60", 'days = "sixty"', "limits[#2].days"),
        ("days = 60, ", "", "limits[#2].days"),
        ('kinds = ["claim"]', 'kinds = ["opinion"]', "limits"),
        ('kinds = ["claim"]', "kinds = []", "limits[#2].kinds"),
        ('clock = "object"', 'clock = "order"', "limits"),
        ("rehandling = true, days = 3", "days = 3", "limits[#10]"),
        ("follow_up_attempts = 3", "follow_up_attempts = 0", "follow_up_attempts"),
        ('holiday_moves_due = "rest_day"', 'holiday_moves_due = "often"', "holiday_moves_due"),
        ('district = "澄湖区"\n', "", "office.district"),
        ('[office]\ncode = "HY"', '[office]\ncode = "hy"', "office.code"),
        ("[office]", '[calendars.2027]\nsource = "x"\nholidays = []\n[office]', "calendars.2027.holidays"),
        (
            "[office]",
            '[calendars.2028]\nsource = "x"\nholidays = [{ date = 2027-01-01, name = "元旦" }]\n[office]',
            "calendars.2028",
        ),
        (
            "[office]",
            '[calendars.2027]\nsource = "x"\nholidays = [{ date = 2027-01-01, name = "元旦" }]\n'
            "workdays = [2027-01-01]\n[office]",
            "calendars.2027",
        ),
        ('lead = "WY", local', 'lead = "NO", local', "routes[#3].lead"),
        ('co_units = ["FL"]', 'co_units = ["NO"]', "routes[#2].co_units"),
        ('categories = ["0802"]', 'categories = ["99"]', "routes[#1].categories"),
        ('categories = ["0802"]', 'areas = ["Z"]', "routes[#1].areas"),
        ('lead = "WY", local = "co_unit", ', "", "routes[#3].lead"),
        ('local = "lead", co_units', 'local = "lead", lead = "CG", co_units', "routes[#2].lead"),
        ('co_units = ["JQ"]', 'co_units = ["ZF"]', "routes[#1].co_units"),
        ('co_units = ["JQ"]', 'co_units = ["JQ", "JQ"]', "routes[#1].co_units"),
        ('categories = ["0802"], ', 'natures = ["consult"], ', "routes[#4]"),
        ('categories = ["0901"]', 'categories = ["080201"]', "routes[#2]"),
        ('basis = "治安类咨询统一答复"', 'basis = ""', "routes[#4].basis"),
        ('words = ["电梯"]', 'words = ["电"]', "categories[030102].words[#1]"),
        ("follow_up_interval_hours = 4", "follow_up_interval_hours = 721", "follow_up_interval_hours"),
        ('natures = ["consult", "suggestion", "thanks"]\n', "", "scripts[#2]"),
        ('code = "ATTITUDE"', 'code = "CAME"', "scripts[#2].questions[CAME].code"),
        ('choices = ["清楚", "不够清楚"]', 'choices = ["清楚"]', "scripts[#1].questions[CLEAR].choices"),
        ("units = [", "units = ", "TOML"),
    ],
)
def test_a_mistake_is_named_by_its_place(old, new, path):
    problems = refused((old, new))
    named = [problem for problem in problems if problem.startswith(f"{path}：")]
    assert named, problems
    assert all(re.search(r"：.*[\u4e00-\u9fff].* / \S", problem) for problem in problems), problems


def test_all_mistakes_are_told_at_once():
    problems = refused(('superior = "CG"', 'superior = "NO"'), ('unit = "FL"', 'unit = "NO"'))
    assert [problem.partition("：")[0] for problem in problems] == ["units[ZF].superior", "windows[W3].unit"]


def test_a_code_given_up_leads_to_its_successor():
    content = RulebookContent.from_toml(
        edited(
            ('{ code = "ZF", name = "综合行政执法队"', '{ code = "ZF", replaced_by = "HW", name = "综合行政执法队"'),
            ('{ code = "010103"', '{ code = "010103", replaced_by = "010102"'),
            ('{ code = "A01G1B03"', '{ code = "A01G1B03", replaced_by = "A02G1B01"'),
        )
    )
    unit, category = content.unit("ZF"), content.category("010103")
    assert unit is not None
    assert category is not None
    assert (unit.code, category.code) == ("HW", "010102")
    assert content.category_chain("010103") == ("010102", "0101", "01")
    assert content.community_of("A01G1B03") == "A02"
    assert content.chain("ZF") == ("ZF", "HW", "CG", "HY")
    # Who works in the successor is below the old unit too: a report against it stays hidden from them.
    assert "ZF" in content.chain("HW")
    assert content.below("ZF") == content.below("HW") == {"ZF", "HW"}
    assert "ZF" not in {one.code for one in content.competent("010301")}
