"""When everything should have happened, worked out again from the events alone.

It shares no rule with the product: limits, the events that stop a clock, and what follows when one is overdue are
written down here as the field has them, and working days come from another package.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

from domain.kernel import Recorded
from tests.simulation.street import LAST, NOTICE

ZONE = ZoneInfo("Asia/Shanghai")
ONE_DAY = timedelta(days=1)
OFF = {one.date for one in NOTICE.holidays}
WORKED = set(NOTICE.workdays)

Entry = tuple[str, str, datetime]
"""What kind of step, about what, when."""

LIMITS = {
    ("xinfang", "notice"): (15, False),
    ("xinfang", "review_ask"): (30, False),
    ("work_order", "sign"): (1, True),
    ("work_order", "contact"): (1, True),
    ("street", "sign"): (1, True),
    ("street", "contact"): (1, True),
    ("", "object"): (5, True),
    ("", "follow_up"): (5, True),
    ("", "order"): (5, True),
}
HANDLE = {"consult": 1, "suggestion": 1, "report": 3, "help": 5, "complaint": 5, "thanks": 5, "other": 5}
AGAIN = 3
CLAIMS = {"help", "complaint", "other"}

STOPS = {
    "petition.accepted": {"notice"},
    "petition.reply_delivered": {"notice", "sign", "object", "contact", "handle"},
    "petition.followed_up": {"follow_up"},
    "petition.reopened": {"follow_up"},
}
ENDS = {"petition.closed"}
REMINDED = {"notice", "sign", "contact", "handle", "follow_up", "order"}
ORDERED = REMINDED - {"order"}


def worked(day: date) -> bool:
    """Whether people work that day."""
    if day in WORKED:
        return True
    if day.year == 2027:
        return day.weekday() < 5 and day not in OFF
    return bool(chinese_calendar.is_workday(day))


def after(day: date, working_days: int) -> date:
    """The day on which so many working days have passed."""
    while working_days:
        day += ONE_DAY
        working_days -= worked(day)
    return day


def due_of(start: date, days: int, *, working: bool) -> date:
    """When a limit ends; one in calendar days that ends on a day off moves on."""
    if working:
        return after(start, days)
    day = start + timedelta(days=days)
    while not worked(day):
        day += ONE_DAY
    return day


@dataclass(slots=True)
class Running:
    """A clock with its due date, since when it has that date, and until when."""

    key: str
    clock: str
    start: date
    days: int
    working: bool
    due: date
    provisional: bool
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class FileTold:
    """What the events of one file say, as far as clocks are concerned."""

    track: str = ""
    nature: str = ""
    round: int = 1
    lead: str | None = None
    running: dict[str, Running] = field(default_factory=dict)
    past: list[Running] = field(default_factory=list)
    failures: list[datetime] = field(default_factory=list)

    def stop(self, keys: Iterable[str], at: datetime) -> None:
        """These clocks stop."""
        for key in list(keys):
            if key in self.running:
                ended = self.running.pop(key)
                ended.until = at
                self.past.append(ended)

    @property
    def all(self) -> list[Running]:
        """Every clock with every due date that it ever had."""
        return [*self.past, *self.running.values()]


def told(history: list[Recorded]) -> FileTold:
    """Read a file's events."""
    file = FileTold()
    for one in history:
        at = one.recorded_at
        fact = one.fact.model_dump(mode="json")
        topic = one.fact.TOPIC
        if topic == "petition.received":
            file.track, file.nature = fact["track"], fact["nature"]
        elif topic == "petition.assigned":
            file.lead = fact["lead"]
            units = {fact["lead"], *fact["co_units"]}
            file.stop([key for key in file.running if key.partition(":")[0] in {"sign", "object"}
                       and key.partition(":")[2] not in units], at)  # fmt: skip
        elif topic == "petition.signed_for":
            file.stop([f"sign:{fact['unit']}"], at)
        elif topic == "petition.return_granted":
            file.lead = None if file.lead == fact["unit"] else file.lead
            file.stop([f"sign:{fact['unit']}", f"object:{fact['unit']}"], at)
        elif topic == "petition.resident_contacted" and fact["reached"]:
            file.stop(["contact"], at)
        elif topic == "petition.reopened":
            file.round = fact["round"]
            file.failures.append(at)
        for stopped in STOPS.get(topic, ()):
            file.stop([key for key in file.running if key.partition(":")[0] == stopped], at)
        dues = fact.get("due") if topic in {"petition.due_dates_set", "petition.due_dates_recomputed"} else None
        for due in [fact["due"]] if topic == "petition.extension_granted" else dues or []:
            _run(file, due, at)
    return file


def _run(file: FileTold, due: dict[str, object], at: datetime) -> None:
    key = str(due["clock"]) + (f":{due['of']}" if due["of"] else "")
    day = date.fromisoformat(str(due["due"]))
    before = file.running.get(key)
    if before is not None and before.due == day:
        before.provisional = bool(due["provisional"])
        return
    file.stop([key], at)
    file.running[key] = Running(
        key, str(due["clock"]), date.fromisoformat(str(due["start"])), int(str(due["days"])), bool(due["working"]), day,
        bool(due["provisional"]), at,
    )  # fmt: skip


def limit_of(file: FileTold, clock: str, *, again: bool) -> tuple[int, bool] | None:
    """How long the field gives a step on this file."""
    if clock == "handle" and file.track == "xinfang":
        return (60, False) if file.nature in CLAIMS else None
    if clock == "handle":
        return (AGAIN if again else HANDLE[file.nature]), True
    return LIMITS.get((file.track, clock)) or LIMITS.get(("", clock))


def morning(day: date) -> datetime:
    """The tick of a day."""
    return datetime(day.year, day.month, day.day, 8, tzinfo=ZONE).astimezone(UTC)


def expected(history: list[Recorded]) -> list[Entry]:
    """Every step of the service on this file, at its instant, in the order in which they come."""
    file = told(history)
    done: set[Entry] = set()
    for one in sorted(file.all, key=lambda clock: clock.since):
        if one.clock not in REMINDED:
            continue
        wanted = [("reminder_sent", one.key, after(one.due, 1))]
        if one.clock == "follow_up":
            wanted.append(("reminder_sent", f"{one.key} today", one.due))
        if one.clock in ORDERED:
            wanted.append(("supervision_ordered", one.key, after(one.due, 6)))
        for kind, about, day in wanted:
            at = morning(day)
            while at < one.since:
                at += ONE_DAY
            if at.astimezone(ZONE).date() <= LAST and (one.until is None or at < one.until):
                done.add((kind, about, at))
    for number, failed in enumerate(file.failures, start=1):
        if number % 3 == 0:
            at = morning(failed.astimezone(ZONE).date() + ONE_DAY)
            if at.astimezone(ZONE).date() <= LAST and not any(
                entry[0] == "supervision_ordered" and failed < entry[2] <= at for entry in done
            ):
                done.add(("supervision_ordered", f"{number} failed", at))
    return sorted(done, key=lambda entry: (entry[2], entry[0], entry[1]))
