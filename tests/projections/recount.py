"""Every figure counted again from the events alone, in plain Python: what the statistics are held against.

It knows neither the measures nor the SQL of the projection; it reads the definitions of the field instead.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from domain.clocks import Calendar, working_days_between
from domain.kernel import Recorded, day_of
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.vocabulary import Channel, Clock, Nature, Satisfaction, Secrecy, Solved

Counts = dict[str, list[int]]
"""[numerator, denominator] by figure; plain counts leave the second at 0."""


@dataclass
class RoundFacts:
    lead: str = ""
    extended: bool = False
    suspended: bool = False
    due: date | None = None
    contact_due: date | None = None
    contacts: list[date] = field(default_factory=list)
    replied: date | None = None
    at_once: bool = False
    closed: date | None = None
    ended: date | None = None
    waived: bool = False
    published: str = ""
    follow_up: tuple[date, Solved, Satisfaction] | None = None


@dataclass
class Assignment:
    round: int
    unit: str
    day: date | None
    objected: bool = False
    upheld: bool = False


@dataclass
class FileFacts:
    channel: Channel
    nature: Nature
    category: str
    area: str
    people: int
    received: date | None
    entered: date
    imported: bool
    secret: bool
    accused: bool
    voided: bool = False
    linked: bool = False
    accepted: date | None = None
    rounds: list[RoundFacts] = field(default_factory=lambda: [RoundFacts()])
    assignments: list[Assignment] = field(default_factory=list)


def files(history: Iterable[Recorded]) -> dict[str, FileFacts]:
    """What each file's events say."""
    found: dict[str, FileFacts] = {}
    for recorded in history:
        fact = recorded.fact
        if isinstance(fact, r.PetitionReceived | r.PetitionImported):
            found[recorded.stream] = FileFacts(
                channel=fact.channel,
                nature=fact.nature,
                category=fact.category or "",
                area=(fact.place and fact.place.area) or "",
                people=fact.people_count,
                received=recorded.day,
                entered=day_of(recorded.recorded_at),
                imported=isinstance(fact, r.PetitionImported),
                secret=fact.secrecy == Secrecy.SECRET,
                accused=isinstance(fact, r.PetitionReceived) and len(fact.against) > 0,
            )
        else:
            _about_file(found[recorded.stream], recorded)
            _about_units(found[recorded.stream], recorded)
            _about_round(found[recorded.stream], recorded)
    return found


def _about_file(file: FileFacts, recorded: Recorded) -> None:
    fact = recorded.fact
    if isinstance(fact, r.PetitionClassified):
        file.secret = fact.secrecy == Secrecy.SECRET
        file.nature, file.category = fact.nature, fact.category
    elif isinstance(fact, r.PetitionCorrected):
        file.area = (fact.place.area or "") if fact.place else file.area
        file.channel = fact.channel or file.channel
        file.people = fact.people_count or file.people
        file.accused = file.accused if fact.against is None else len(fact.against) > 0
        file.received = day_of(fact.received_at) if fact.received_at else file.received
    elif isinstance(fact, r.NumberVoided):
        file.voided = True
    elif isinstance(fact, r.DuplicateLinked | r.DuplicateUnlinked):
        file.linked = isinstance(fact, r.DuplicateLinked)
    elif isinstance(fact, r.PetitionAccepted):
        file.accepted = recorded.day
    elif isinstance(fact, c.PetitionReopened):
        file.rounds.append(RoundFacts(lead=file.rounds[-1].lead))
    elif isinstance(fact, p.PublicationWithdrawn | p.PublicationCorrected):
        public = [one for one in file.rounds if one.published][-1]
        public.published = "up" if isinstance(fact, p.PublicationCorrected) else "taken down"


def _about_units(file: FileFacts, recorded: Recorded) -> None:
    fact, current = recorded.fact, file.rounds[-1]
    if isinstance(fact, h.Assigned):
        current.lead = fact.lead
        here = {one.unit for one in file.assignments if one.round == len(file.rounds)}
        for unit in dict.fromkeys([fact.lead, *fact.co_units]):
            if unit not in here:
                file.assignments.append(Assignment(len(file.rounds), unit, recorded.day))
    elif isinstance(fact, h.ReturnAsked | h.ReturnGranted):
        last = [one for one in file.assignments if one.unit == fact.unit][-1:]
        for one in last:
            one.objected = one.objected or isinstance(fact, h.ReturnAsked)
            one.upheld = one.upheld or isinstance(fact, h.ReturnGranted)
        if isinstance(fact, h.ReturnGranted) and current.lead == fact.unit:
            current.lead = ""
    elif isinstance(fact, h.SuspensionGranted):
        current.suspended = True
    elif isinstance(fact, h.ExtensionGranted):
        current.extended = True


def _about_round(file: FileFacts, recorded: Recorded) -> None:
    fact, current, day = recorded.fact, file.rounds[-1], recorded.day or date.min
    if isinstance(fact, r.DueDatesSet | r.DueDatesRecomputed):
        for due in fact.due:
            current.due = due.due if due.clock == Clock.HANDLE else current.due
            current.contact_due = due.due if due.clock == Clock.CONTACT else current.contact_due
    elif isinstance(fact, h.ExtensionGranted):
        current.due = fact.due.due
    elif isinstance(fact, h.ResidentContacted | h.HouseholdVisited):
        current.contacts += [day] * fact.reached
    elif isinstance(fact, h.ReplyDelivered):
        current.replied = day
        current.contacts.append(day)
    elif isinstance(fact, r.AnsweredAtOnce):
        current.replied, current.closed, current.at_once = day, day, True
        current.contacts.append(day)
    elif isinstance(fact, p.ResultPublished):
        current.published = "up"
    elif isinstance(fact, p.PublicationWaived):
        current.waived = True
    elif isinstance(fact, s.FollowedUp):
        current.follow_up = (day, fact.solved, fact.satisfaction)
    elif isinstance(fact, c.PetitionClosed):
        current.closed = day
    elif type(fact).__name__ in {
        "PetitionDeclined",
        "PetitionReferred",
        "PetitionSteered",
        "PetitionWithdrawn",
        "PetitionNoLongerAccepted",
    }:
        current.ended = day


class Recount:
    """Figures of one range by what the files say of `cut`, and the files behind each part."""

    def __init__(
        self,
        history: Iterable[Recorded],
        first: date,
        last: date,
        as_of: date,
        *,
        committee: bool,
        cut: str = "channel",
        calendar: Calendar | None = None,
    ) -> None:
        self.first, self.last, self.as_of, self.cut = first, last, as_of, cut
        self.calendar = calendar or Calendar()
        self.figures: dict[str | None, Counts] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        self.behind: dict[tuple[str, int], list[tuple[str, ...]]] = defaultdict(list)
        for number, file in files(history).items():
            if committee or not (file.secret or file.accused):
                self._count_file(number, file)

    def _tell(self, value: str, key: tuple[str, ...], figure: str, day: date | None, *parts: int) -> None:
        """Add a file's numerator (and denominator) if the day lies in the range."""
        if day is None or not self.first <= day <= self.last:
            return
        for at, part in enumerate(parts):
            for among in (value, None):
                self.figures[among][figure][at] += part
            if part or (figure == "mean_time" and at == 0):
                self.behind[figure, at].append(key)

    def _count_file(self, number: str, file: FileFacts) -> None:
        key = (number, "1")
        value = self._said(file, file.rounds[0].lead)
        if file.voided:
            self._tell(value, key, "voided", file.received or file.entered, 1)
            return
        if file.received is None:
            self._tell(value, key, "undated", file.entered, 1)
        side = "imported" if file.imported else "registered"
        self._tell(value, key, side, file.received, 1)
        self._tell(value, key, f"{side}_persons", file.received, file.people)
        if file.people > 1:
            self._tell(value, key, f"{side}_batches", file.received, 1)
        if not file.imported:
            self._tell(value, key, "acceptance", file.received, file.accepted is not None, 1)
            self._tell(value, key, "duplicate", file.received, file.linked, 1)
            self._tell(value, key, "matters", file.received, not file.linked)
        if file.linked:
            return
        follow_ups = [one.follow_up[0] for one in file.rounds if one.follow_up]
        if follow_ups:
            self._tell(value, key, "reopening", min(follow_ups), len(file.rounds) >= 2, 1)
        replied = file.rounds[0].replied
        if replied and file.accepted:
            self._tell(value, key, "mean_time", replied, working_days_between(file.accepted, replied, self.calendar), 1)
        for one in file.assignments:
            self._count_assignment(self._said(file, one.unit), (number, str(one.round), one.unit), one)
        for index, round_ in enumerate(file.rounds, 1):
            last = index == len(file.rounds)
            self._count_round(self._said(file, round_.lead), (number, str(index)), round_, open_=last)

    def _said(self, file: FileFacts, unit: str) -> str:
        return unit if self.cut == "unit" else str(getattr(file, self.cut))

    def _count_assignment(self, value: str, key: tuple[str, ...], one: Assignment) -> None:
        self._tell(value, key, "objection", one.day, one.objected, 1)
        if one.objected:
            self._tell(value, key, "objection_upheld", one.day, one.upheld, 1)

    def _count_round(self, value: str, key: tuple[str, ...], one: RoundFacts, *, open_: bool) -> None:
        in_time = one.due is not None and one.replied is not None and one.replied <= one.due
        if one.due and one.closed:
            self._tell(value, key, "on_time", one.closed, in_time, 1)
        elif one.due and open_ and not one.ended and not in_time and one.due < self.as_of:
            self._tell(value, key, "on_time", one.due, 0, 1)
        if one.due and one.due <= self.as_of and not (one.ended and one.ended <= one.due):
            self._tell(value, key, "closing", one.due, one.closed is not None, 1)
            self._tell(value, key, "extension", one.due, one.extended, 1)
            self._tell(value, key, "suspension", one.due, one.suspended, 1)
        if one.contact_due and one.contact_due <= self.as_of and not (one.ended and one.ended <= one.contact_due):
            reached = any(day <= one.contact_due for day in one.contacts)
            self._tell(value, key, "response", one.contact_due, reached, 1)
        if one.follow_up:
            day, solved, said = one.follow_up
            self._tell(value, key, "solution", day, solved == "solved", 1)
            self._tell(value, key, "satisfaction", day, said in {"satisfied", "fairly"}, 1)
        waits = open_ and not one.ended
        if one.replied and not one.at_once and not one.waived and (one.published or waits):
            self._tell(value, key, "publication", one.replied, one.published == "up", 1)
