"""Histories of made-up files for the tests of projections: short builders, and a machine that draws legal ones."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from uuid import UUID

from hypothesis import strategies as st

from domain.clocks import CalendarYear, DueDate, Holiday
from domain.kernel import SHANGHAI, Actor, Event, Recorded
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events import values as v
from domain.petition.petition import Petition
from domain.petition.stages import Stage, may_follow
from domain.rulebook import STREAM, CalendarPublished
from domain.vocabulary import (
    Channel,
    Clock,
    ContactMethod,
    DeclineGround,
    Delivery,
    ErasureGround,
    Nature,
    Outlet,
    Procedure,
    Respondent,
    Satisfaction,
    Secrecy,
    Solved,
    Track,
    Urgency,
    WaiverGround,
)

JANUARY = date(2026, 1, 5)
SOURCES: dict[Channel, v.Source] = {
    Channel.WEB: v.WebSource(),
    Channel.LETTER_VISIT: v.LetterVisitSource(),
    Channel.HOTLINE: v.HotlineSource(),
    Channel.OFFICER: v.OfficerSource(),
    Channel.WINDOW: v.WindowSource(),
    Channel.SYMPOSIUM: v.SymposiumSource(),
}
DEMANDS = (v.Demand(id="d1", nature=Nature.HELP, text="路灯不亮"),)


def noon(day: date) -> datetime:
    """Midday in Shanghai."""
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)


class Histories:
    """All events of some files in the order in which they were recorded, with the state of each file."""

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self.files: dict[str, Petition] = {}

    def add(self, number: str, day: date | None, *facts: Event, entered: date | None = None) -> "Histories":
        """Record facts that happened on `day`; refused by the aggregate if they may not follow."""
        file = self.files.setdefault(number, Petition(number))
        for fact in facts:
            at = noon(day) if day else None
            one = Recorded(
                stream=number,
                version=file.version + 1,
                fact=fact,
                actor=Actor(id="s1"),
                occurred_at=at,
                recorded_at=noon(entered) if entered else at or noon(JANUARY),
                request_id="r",
                command_id=UUID(int=len(self.recorded) + 1),
                position=len(self.recorded) + 1,
            )
            file.fold([one])
            self.recorded.append(one)
        return self


def received(
    channel: Channel = Channel.WEB,
    *,
    people: int = 1,
    secrecy: Secrecy = Secrecy.OPEN,
    against: str | None = None,
    nature: Nature = Nature.HELP,
    category: str | None = None,
    area: str | None = None,
) -> r.PetitionReceived:
    return r.PetitionReceived(
        channel=channel,
        source=SOURCES[channel],
        nature=nature,
        category=category,
        place=v.Place(area=area) if area else None,
        track=Track.WORK_ORDER,
        urgency=Urgency.NORMAL,
        secrecy=secrecy,
        title="路灯",
        content="路灯不亮",
        people_count=people,
        demands=DEMANDS,
        against=(v.Accused(unit=against),) if against else (),
        query_code_digest="",
        rulebook_version=1,
    )


def imported(
    channel: Channel = Channel.WEB,
    *,
    people: int = 1,
    secrecy: Secrecy = Secrecy.OPEN,
    nature: Nature = Nature.HELP,
    category: str | None = None,
    area: str | None = None,
) -> r.PetitionImported:
    return r.PetitionImported(
        channel=channel,
        source_system="旧台账",
        source_id="1",
        nature=nature,
        category=category,
        place=v.Place(area=area) if area else None,
        secrecy=secrecy,
        title="路灯",
        content="路灯不亮",
        people_count=people,
        demands=DEMANDS,
        rulebook_version=1,
    )


def due(clock: Clock, day: date) -> DueDate:
    return DueDate(
        clock=clock,
        start=day,
        days=1,
        working=True,
        due=day,
        rule="规则",
        calendar="日历",
        rulebook_version=1,
        provisional=False,
    )


def due_set(clock: Clock, day: date) -> r.DueDatesSet:
    return r.DueDatesSet(due=(due(clock, day),))


def classified(
    secrecy: Secrecy = Secrecy.OPEN, nature: Nature = Nature.HELP, category: str = "c"
) -> r.PetitionClassified:
    return r.PetitionClassified(
        nature=nature, category=category, urgency=Urgency.NORMAL, secrecy=secrecy, track=Track.WORK_ORDER
    )


def contacted(reached: bool = True) -> h.ResidentContacted:
    return h.ResidentContacted(method=ContactMethod.PHONE, reached=reached)


def visited(reached: bool = True) -> h.HouseholdVisited:
    return h.HouseholdVisited(visitors=("s1",), reached=reached, text="已走访")


def followed_up(solved: Solved = Solved.SOLVED, satisfaction: Satisfaction = Satisfaction.SATISFIED) -> s.FollowedUp:
    return s.FollowedUp(
        respondent=Respondent.PETITIONER, method=ContactMethod.PHONE, solved=solved, satisfaction=satisfaction
    )


REPLIED = h.ReplyDelivered(digest="d", method=Delivery.SMS)
PUBLISHED = p.ResultPublished(title="公示", text="已修好", digest="d", outlets=(Outlet.BOARD,))
WAIVED = p.PublicationWaived(ground=WaiverGround.PRIVACY, reason="隐私")
TAKEN_DOWN = p.PublicationWithdrawn(reason="有误")
PUT_RIGHT = p.PublicationCorrected(title="公示", text="已修好", digest="e", outlets=(Outlet.BOARD,), reason="更正")
MISSED = s.FollowUpMissed(method=ContactMethod.PHONE, attempt=1)
NOT_SETTLED = c.OpinionGathered(respondent=Respondent.PETITIONER, method=ContactMethod.PHONE, settled=False)
LINKED = r.DuplicateLinked(principal="HY-0", reason="同一事项")
UNLINKED = r.DuplicateUnlinked(principal="HY-0", reason="并非同一事项")
WITHDRAWN = r.PetitionWithdrawn(reason="本人撤回")
ANSWERED_AT_ONCE = r.AnsweredAtOnce(text="已答复", delivery=Delivery.PHONE)
REFERRED = r.PetitionReferred(body="b", reason="不属本办")
TAKEN_UP = r.ImportedPetitionTakenUp(track=Track.WORK_ORDER, urgency=Urgency.NORMAL, reason="未结")
ENDS: tuple[Event, ...] = (
    WITHDRAWN,
    REFERRED,
    r.PetitionDeclined(ground=DeclineGround.COURT, article="L1 23", reason="属法院"),
    r.PetitionSteered(procedure=Procedure.LITIGATION, reason="可起诉"),
    r.PetitionNoLongerAccepted(reason="已复核"),
    r.NumberVoided(reason="误登"),
)


def assigned(lead: str, *co_units: str) -> h.Assigned:
    return h.Assigned(lead=lead, co_units=co_units)


def objected(unit: str) -> h.ReturnAsked:
    return h.ReturnAsked(unit=unit, reason="不属本单位")


natures = st.sampled_from([Nature.HELP, Nature.COMPLAINT, Nature.SUGGESTION])
categories = st.sampled_from(["0101", "010101", "0202", "03", "c"])
"""Codes of the sample rulebook of all three levels, and one that no rulebook has."""
areas = st.sampled_from(["A", "A01", "A01G1", "A01G1B01", "A02G1B02"])
units = st.sampled_from(["ZF", "HW", "S01"])
days = st.integers(0, 75).map(lambda number: JANUARY + timedelta(days=number))


def published(year: int, notice: CalendarYear, version: int) -> Recorded:
    """The rulebook's stream tells a year's calendar."""
    at = noon(JANUARY)
    fact = CalendarPublished(year=year, calendar=notice)
    return Recorded(STREAM, version, fact, Actor(id="system"), at, at, "r", UUID(int=version), position=10**6 + version)


@st.composite
def notices(draw: st.DrawFn, year: int) -> CalendarYear:
    """Any notice for a year: days off and weekend days worked in its first months, and in the December before."""
    span = st.integers(-31, 89).map(lambda number: date(year, 1, 1) + timedelta(days=number))
    off = draw(st.sets(span, min_size=1, max_size=12))
    worked = draw(st.sets(span.filter(lambda day: day.weekday() >= 5), max_size=6)) - off
    return CalendarYear(
        holidays=tuple(Holiday(date=day, name="节") for day in sorted(off)),
        workdays=tuple(sorted(worked)),
        source="通知",
    )


# Strategies are put together once: doing so takes longer than drawing from them.
_channels: st.SearchStrategy[Channel | None] = st.none() | st.sampled_from(Channel)
_titles = st.none() | st.just("新标题")
_peoples = st.none() | st.integers(1, 9)
_places = st.none() | st.builds(v.Place, area=st.none() | areas)
_accused = st.none() | st.just(()) | st.just((v.Accused(staff="s9", staff_units=("u1",)),))
_moments = st.none() | days.map(noon)


@st.composite
def _corrections(draw: st.DrawFn) -> r.PetitionCorrected:
    """Corrections of what is counted, and of what is not."""
    channel = draw(_channels)
    return r.PetitionCorrected(
        reason="更正",
        channel=channel,
        source=SOURCES[channel] if channel else None,
        title=draw(_titles),
        people_count=draw(_peoples),
        place=draw(_places),
        against=draw(_accused),
        received_at=draw(_moments),
    )


_handle = days.map(lambda day: due(Clock.HANDLE, day))
_contact = days.map(lambda day: due(Clock.CONTACT, day))
_follow_up = st.builds(followed_up, st.sampled_from(Solved), st.sampled_from(Satisfaction))
_Step = tuple[type[Event], int, st.SearchStrategy[Event]]
_POSSIBLE: tuple[_Step, ...] = (
    (r.PetitionAccepted, 4, st.just(r.PetitionAccepted())),
    (r.DueDatesSet, 2, st.builds(due_set, st.sampled_from([Clock.HANDLE, Clock.CONTACT, Clock.SIGN]), days)),
    (r.DueDatesRecomputed, 1, st.builds(r.DueDatesRecomputed, due=st.tuples(_contact, _handle))),
    (h.ExtensionGranted, 1, st.builds(h.ExtensionGranted, digest=st.just("d" * 64), days=st.just(3), due=_handle)),
    (r.PetitionClassified, 1, st.builds(classified, st.sampled_from(Secrecy), natures, categories)),
    (h.Assigned, 2, st.builds(assigned, units) | st.builds(assigned, st.just("ZF"), st.just("HW"))),
    (h.ReturnAsked, 1, st.builds(objected, units)),
    (h.ReturnGranted, 1, st.builds(h.ReturnGranted, unit=units)),
    (h.SuspensionGranted, 1, st.builds(h.SuspensionGranted, until=days)),
    (h.ResidentContacted, 1, st.builds(contacted, st.booleans())),
    (h.HouseholdVisited, 1, st.builds(visited, st.booleans())),
    (h.ReplyDelivered, 4, st.just(REPLIED)),
    (p.ResultPublished, 6, st.just(PUBLISHED)),
    (p.PublicationWaived, 2, st.just(WAIVED)),
    (p.PublicationWithdrawn, 1, st.just(TAKEN_DOWN)),
    (p.PublicationCorrected, 1, st.just(PUT_RIGHT)),
    (s.FollowUpMissed, 1, st.just(MISSED)),
    (s.FollowedUp, 6, _follow_up),
    (c.OpinionGathered, 1, st.just(NOT_SETTLED)),
    (c.ResidentSpoke, 1, st.builds(c.ResidentSpoke, solved=st.none() | st.sampled_from(Solved))),
    (c.PetitionClosed, 4, st.just(c.PetitionClosed())),
    (r.AnsweredAtOnce, 1, st.just(ANSWERED_AT_ONCE)),
    (r.DuplicateLinked, 1, st.just(LINKED)),
    (r.DuplicateUnlinked, 3, st.just(UNLINKED)),
    (r.ImportedPetitionTakenUp, 1, st.just(TAKEN_UP)),
    (h.ReplyImported, 2, st.just(h.ReplyImported(text="已办"))),
    (r.DataErased, 1, st.just(r.DataErased(ground=ErasureGround.UNLAWFUL, asked_by="s2"))),
    (r.PetitionCorrected, 1, _corrections()),
)
"""Steps by how often they are drawn: the loop's own more often, with facts that count for nothing."""


def _steps(file: Petition) -> st.SearchStrategy[st.SearchStrategy[Event]]:
    """What may follow in this file; ends less often."""
    not_now = {
        p.PublicationWithdrawn: not file.outlets,
        p.PublicationCorrected: not file.published_digest,
        r.DuplicateLinked: bool(file.duplicate_of),
        r.DuplicateUnlinked: not file.duplicate_of,
    }
    return _following(file.stage, file.round, frozenset(kind for kind, no in not_now.items() if no))


@cache
def _following(
    stage: Stage | None, round_: int, not_now: frozenset[type[Event]]
) -> st.SearchStrategy[st.SearchStrategy[Event]]:
    again: _Step = (c.PetitionReopened, 1, st.just(c.PetitionReopened(round=round_ + 1, reason="未解决")))
    steps = [
        step
        for kind, weight, step in (*_POSSIBLE, again)
        if kind not in not_now and may_follow(kind, stage)
        for _ in range(weight)
    ]
    ends = [end for end in ENDS if may_follow(type(end), stage)]
    return st.sampled_from(steps + ([st.sampled_from(ends)] if ends else []))


_secrecies = st.sampled_from([Secrecy.OPEN, Secrecy.INTERNAL, Secrecy.OPEN, Secrecy.SECRET])
_some_categories, _some_areas = st.none() | categories, st.none() | areas


@st.composite
def _beginnings(draw: st.DrawFn) -> Event:
    channel, people, secrecy = draw(st.sampled_from(Channel)), draw(st.integers(1, 7)), draw(_secrecies)
    nature, category, area = draw(natures), draw(_some_categories), draw(_some_areas)
    if draw(st.integers(0, 4)) == 0:
        return imported(channel, people=people, secrecy=secrecy, nature=nature, category=category, area=area)
    against = draw(st.sampled_from([None, None, None, "u1"]))
    return received(
        channel, people=people, secrecy=secrecy, against=against, nature=nature, category=category, area=area
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Recorded]:
    """Legal histories of a few files, their events interleaved, days in any order."""
    made = Histories()
    numbers = [f"HY-2026-{index:06}" for index in range(1, 1 + draw(st.integers(1, 5)))]
    for number in numbers:
        begin = draw(_beginnings())
        undated = isinstance(begin, r.PetitionImported) and draw(st.booleans())
        made.add(number, None if undated else draw(days), begin, entered=draw(days))
    for _ in range(draw(st.integers(0, 60))):
        number, day = draw(st.sampled_from(numbers)), draw(days)
        fact = draw(draw(_steps(made.files[number])))
        undated = isinstance(fact, h.ReplyImported) and draw(st.booleans())
        made.add(number, None if undated else day, fact)
    return made.recorded
