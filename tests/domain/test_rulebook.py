"""The rulebook's versions: what may be adopted and published, and what changed between two."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from domain.clocks import CalendarYear, Holiday
from domain.errors import DomainError, Invalid, NoRulebook, NotPossibleNow
from domain.kernel import Actor, Context, Event, Recorded
from domain.rulebook import (
    AdoptRulebook,
    CalendarPublished,
    PublishCalendar,
    Rulebook,
    RulebookAdopted,
    RulebookContent,
    differences,
)
from domain.vocabulary import Role
from tests.domain.rulebook_sample import SAMPLE, edited

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
NOTICE_2027 = CalendarYear(
    holidays=(Holiday(date=date(2027, 1, 1), name="元旦"), Holiday(date=date(2027, 1, 21), name="春节")),
    workdays=(date(2027, 1, 16),),
    source="测试放假通知",
)


def context() -> Context:
    return Context(
        actor=Actor(id="u1", role=Role.ADMIN),
        now=NOW,
        at=NOW,
        rulebook=SAMPLE,
        rulebook_version=1,
        request_id="r1",
        command_id=UUID(int=1),
    )


def recorded(version: int, fact: Event) -> Recorded:
    return Recorded(
        stream="rulebook",
        version=version,
        fact=fact,
        actor=Actor(id="u1", role=Role.ADMIN),
        occurred_at=NOW,
        recorded_at=NOW,
        request_id="r1",
        command_id=UUID(int=version),
    )


def rulebook(*facts: Event) -> Rulebook:
    return Rulebook().fold(recorded(version, fact) for version, fact in enumerate(facts, start=1))


def adopted(content: RulebookContent = SAMPLE) -> RulebookAdopted:
    return RulebookAdopted(content=content, note="首次颁布")


def test_differences_name_each_path():
    content = RulebookContent.from_toml(
        edited(
            ('name = "社区法律诊所"', 'name = "法律诊所"'),
            ("days = 60", "days = 45"),
            ("backdating_days = 3", "backdating_days = 5"),
            ('waived_natures = ["consult", "thanks"]', 'waived_natures = ["thanks"]'),
        )
    )
    assert differences(SAMPLE, SAMPLE) == []
    assert sorted(differences(SAMPLE, content)) == [
        ("backdating_days", 3, 5),
        ("limits[#2].days", 60, 45),
        ("units[FL].name", "社区法律诊所", "法律诊所"),
        ("waived_natures", ["consult", "thanks"], ["thanks"]),
    ]


def test_each_event_makes_a_version():
    book = rulebook(adopted(), CalendarPublished(year=2027, calendar=NOTICE_2027))
    assert book.version == 2
    assert book.content is not None
    assert book.content.calendar.is_published(2027)
    assert differences(SAMPLE, book.content) == [
        ("calendars.2027.holidays[#1].date", None, "2027-01-01"),
        ("calendars.2027.holidays[#1].name", None, "元旦"),
        ("calendars.2027.holidays[#2].date", None, "2027-01-21"),
        ("calendars.2027.holidays[#2].name", None, "春节"),
        ("calendars.2027.workdays", None, ["2027-01-16"]),
        ("calendars.2027.source", None, "测试放假通知"),
    ]


def test_a_calendar_cannot_come_before_the_first_rulebook():
    command = PublishCalendar(year=2027, calendar=NOTICE_2027)
    assert isinstance(command.refusal(Rulebook(), context()), NoRulebook)
    with pytest.raises(ValueError, match="calendar_published"):
        rulebook(CalendarPublished(year=2027, calendar=NOTICE_2027))


def test_events_survive_storage():
    for fact in (adopted(), CalendarPublished(year=2027, calendar=NOTICE_2027)):
        assert type(fact).model_validate_json(fact.model_dump_json()) == fact


def test_adopting_for_the_first_time_and_again():
    first = AdoptRulebook(content=SAMPLE, note="首次颁布")
    assert first.refusal(Rulebook(), context()) is None
    assert list(first.decide(Rulebook(), context())) == [adopted()]
    with pytest.raises(NotPossibleNow):
        list(first.decide(rulebook(adopted()), context()))


def test_adopting_keeps_the_calendars_published_since():
    changed = RulebookContent.from_toml(edited(("backdating_days = 3", "backdating_days = 5")))
    book = rulebook(adopted(), CalendarPublished(year=2027, calendar=NOTICE_2027))
    (fact,) = AdoptRulebook(content=changed, note="修订").decide(book, context())
    assert fact == RulebookAdopted(content=changed.with_calendar(2027, NOTICE_2027), note="修订")


@pytest.mark.parametrize(("table", "code"), [("units", "FL"), ("areas", "A08G1B01"), ("categories", "120202")])
def test_a_code_may_not_leave_the_table(table, code):
    smaller = SAMPLE.model_dump()
    smaller[table] = [row for row in smaller[table] if row["code"] != code]
    smaller["windows"] = [row for row in smaller["windows"] if row["unit"] != code]
    smaller["routes"] = [row for row in smaller["routes"] if code not in row["co_units"]]
    command = AdoptRulebook(content=RulebookContent.model_validate(smaller), note="精简")
    with pytest.raises(Invalid) as refusal:
        list(command.decide(rulebook(adopted()), context()))
    assert refusal.value.loc == ("content", table)
    assert code in refusal.value.text("zh")
    assert code in refusal.value.text("en")


@pytest.mark.parametrize(
    ("year", "notice", "error", "loc"),
    [
        (2028, NOTICE_2027, Invalid, ("year",)),
        (2026, NOTICE_2027, Invalid, ("calendar",)),
        (2027, NOTICE_2027, NotPossibleNow, ()),
    ],
)
def test_calendars_that_cannot_be_published(year, notice, error: type[DomainError], loc):
    book = rulebook(adopted(), CalendarPublished(year=2027, calendar=NOTICE_2027))
    with pytest.raises(error) as refusal:
        list(PublishCalendar(year=year, calendar=notice).decide(book, context()))
    assert refusal.value.loc == loc
    assert refusal.value.text("en")


def test_publishing_a_calendar():
    command = PublishCalendar(year=2027, calendar=NOTICE_2027)
    assert list(command.decide(rulebook(adopted()), context())) == [CalendarPublished(year=2027, calendar=NOTICE_2027)]
