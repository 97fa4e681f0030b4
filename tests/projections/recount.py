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
from domain.vocabulary import Channel, Clock, Satisfaction, Secrecy, Solved

Counts = dict[str, list[int]]
"""[numerator, denominator] by figure; plain counts leave the second at 0."""


@dataclass
class RoundFacts:
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
class FileFacts:
    channel: Channel
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


def files(history: Iterable[Recorded]) -> dict[str, FileFacts]:
    """What each file's events say."""
    found: dict[str, FileFacts] = {}
    for recorded in history:
        fact = recorded.fact
        if isinstance(fact, r.PetitionReceived | r.PetitionImported):
            found[recorded.stream] = FileFacts(
                channel=fact.channel,
                people=fact.people_count,
                received=recorded.day,
                entered=day_of(recorded.recorded_at),
                imported=isinstance(fact, r.PetitionImported),
                secret=fact.secrecy == Secrecy.SECRET,
                accused=isinstance(fact, r.PetitionReceived) and len(fact.against) > 0,
            )
        else:
            _about_file(found[recorded.stream], recorded)
            _about_round(found[recorded.stream], recorded)
    return found


def _about_file(file: FileFacts, recorded: Recorded) -> None:
    fact = recorded.fact
    if isinstance(fact, r.PetitionClassified):
        file.secret = fact.secrecy == Secrecy.SECRET
    elif isinstance(fact, r.PetitionCorrected):
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
        file.rounds.append(RoundFacts())
    elif isinstance(fact, p.PublicationWithdrawn | p.PublicationCorrected):
        public = [one for one in file.rounds if one.published][-1]
        public.published = "up" if isinstance(fact, p.PublicationCorrected) else "taken down"


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
    """Figures of one range, by channel (None: total), and the files behind each part."""

    def __init__(
        self,
        history: Iterable[Recorded],
        first: date,
        last: date,
        as_of: date,
        *,
        committee: bool,
        calendar: Calendar | None = None,
    ) -> None:
        self.first, self.last, self.as_of = first, last, as_of
        self.calendar = calendar or Calendar()
        self.figures: dict[Channel | None, Counts] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        self.behind: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
        for number, file in files(history).items():
            if committee or not (file.secret or file.accused):
                self._count_file(number, file)

    def _tell(self, file: FileFacts, key: tuple[str, int], figure: str, day: date | None, *parts: int) -> None:
        """Add a file's numerator (and denominator) if the day lies in the range."""
        if day is None or not self.first <= day <= self.last:
            return
        for at, part in enumerate(parts):
            for channel in (file.channel, None):
                self.figures[channel][figure][at] += part
            if part or (figure == "mean_time" and not file.voided):
                self.behind[figure, at].append(key)

    def _count_file(self, number: str, file: FileFacts) -> None:
        key = (number, 1)
        if file.voided:
            self._tell(file, key, "voided", file.received or file.entered, 1)
            return
        if file.received is None:
            self._tell(file, key, "undated", file.entered, 1)
        side = "imported" if file.imported else "registered"
        self._tell(file, key, side, file.received, 1)
        self._tell(file, key, f"{side}_persons", file.received, file.people)
        if file.people > 1:
            self._tell(file, key, f"{side}_batches", file.received, 1)
        if not file.imported:
            self._tell(file, key, "acceptance", file.received, file.accepted is not None, 1)
            self._tell(file, key, "duplicate", file.received, file.linked, 1)
        if file.linked:
            return
        follow_ups = [one.follow_up[0] for one in file.rounds if one.follow_up]
        if follow_ups:
            self._tell(file, key, "reopening", min(follow_ups), len(file.rounds) >= 2, 1)
        replied = file.rounds[0].replied
        if replied and file.accepted:
            self._tell(file, key, "mean_time", replied, working_days_between(file.accepted, replied, self.calendar), 1)
        for index, one in enumerate(file.rounds, 1):
            self._count_round(file, (number, index), one, open_=index == len(file.rounds))

    def _count_round(self, file: FileFacts, key: tuple[str, int], one: RoundFacts, *, open_: bool) -> None:
        in_time = one.due is not None and one.replied is not None and one.replied <= one.due
        if one.due and one.closed:
            self._tell(file, key, "on_time", one.closed, in_time, 1)
        elif one.due and open_ and not one.ended and not in_time and one.due < self.as_of:
            self._tell(file, key, "on_time", one.due, 0, 1)
        if one.due and one.due <= self.as_of and not (one.ended and one.ended <= one.due):
            self._tell(file, key, "closing", one.due, one.closed is not None, 1)
        if one.contact_due and one.contact_due <= self.as_of and not (one.ended and one.ended <= one.contact_due):
            reached = any(day <= one.contact_due for day in one.contacts)
            self._tell(file, key, "response", one.contact_due, reached, 1)
        if one.follow_up:
            day, solved, said = one.follow_up
            self._tell(file, key, "solution", day, solved == "solved", 1)
            self._tell(file, key, "satisfaction", day, said in {"satisfied", "fairly"}, 1)
        waits = open_ and not one.ended
        if one.replied and not one.at_once and not one.waived and (one.published or waits):
            self._tell(file, key, "publication", one.replied, one.published == "up", 1)
