"""What is counted per day, as SQL over the rows of the statistics.

A `Measure` is one count per day, written over a row of one of its tables (`rounds`, or `assignments`: a unit that got a
round). The projection keeps its counters by it and the list of files behind a figure is selected by it, so the two
can't differ. A change of a measure raises the projection's version, and that of the figures made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Table = Literal["rounds", "assignments"]
TABLES: tuple[Table, ...] = ("rounds", "assignments")

JOINT_FROM = 2
"""From how many people on a petition is a joint one (多人共同信访, L1 20) and counts as a batch (批)."""


class Reach(Enum):
    """Which days of a measure count, seen from the day on which the figure is read."""

    ALWAYS = "always"
    DUE = "due"  # the day has come
    OVERDUE = "overdue"  # the day has gone by


@dataclass(frozen=True, slots=True)
class Measure:
    """One daily count. `when`, `day` and `amount` are SQL over the columns of the table."""

    code: str
    when: str
    day: str
    amount: str = "1"
    reach: Reach = Reach.ALWAYS
    table: Table = "rounds"


_FIRST = "round = 1 AND NOT voided"
_REGISTERED = f"{_FIRST} AND NOT imported AND received_on IS NOT NULL"
_IMPORTED = f"{_FIRST} AND imported AND received_on IS NOT NULL"
_KNOWN_SINCE = "COALESCE(received_on, entered_on)"
_JOINT = f"people >= {JOINT_FROM}"
_ONCE = "NOT voided AND NOT linked"
_DUE = f"{_ONCE} AND due_on IS NOT NULL AND (ended_on IS NULL OR ended_on > due_on)"
_SETTLED = f"{_ONCE} AND due_on IS NOT NULL AND closed_on IS NOT NULL"
_CLOSED_OR_DUE = "COALESCE(closed_on, due_on)"
_OPEN = "round = latest AND closed_on IS NULL AND ended_on IS NULL"
_LATE = "(replied_on IS NULL OR replied_on > due_on)"
_CONTACT = f"{_ONCE} AND contact_due_on IS NOT NULL AND (ended_on IS NULL OR ended_on > contact_due_on)"
_FOLLOWED = f"{_ONCE} AND followed_on IS NOT NULL"
_FOLLOWED_FILE = f"{_ONCE} AND round = 1 AND first_followed_on IS NOT NULL"
_TO_PUBLISH = (
    f"{_ONCE} AND replied_on IS NOT NULL AND NOT at_once AND NOT waived"
    " AND (published_once OR (round = latest AND ended_on IS NULL))"
)
_ASSIGNED = "NOT linked"
_OBJECTED = f"{_ASSIGNED} AND objected"
_REPLIED_FILE = f"{_ONCE} AND round = 1 AND replied_on IS NOT NULL AND handling_days IS NOT NULL"

MEASURES: dict[str, Measure] = {
    measure.code: measure
    for measure in (
        Measure("registered", _REGISTERED, "received_on"),
        Measure("registered_batches", f"{_REGISTERED} AND {_JOINT}", "received_on"),
        Measure("registered_persons", _REGISTERED, "received_on", "people"),
        Measure("imported", _IMPORTED, "received_on"),
        Measure("imported_batches", f"{_IMPORTED} AND {_JOINT}", "received_on"),
        Measure("imported_persons", _IMPORTED, "received_on", "people"),
        Measure("undated", f"{_FIRST} AND received_on IS NULL", _KNOWN_SINCE),
        Measure("voided", "round = 1 AND voided", _KNOWN_SINCE),
        Measure("accepted", f"{_REGISTERED} AND accepted_on IS NOT NULL", "received_on"),
        Measure("duplicates", f"{_REGISTERED} AND linked", "received_on"),
        Measure("matters", f"{_REGISTERED} AND NOT linked", "received_on"),
        Measure("due", _DUE, "due_on", reach=Reach.DUE),
        Measure("due_extended", f"{_DUE} AND extended", "due_on", reach=Reach.DUE),
        Measure("due_suspended", f"{_DUE} AND suspended", "due_on", reach=Reach.DUE),
        Measure("closed", f"{_DUE} AND closed_on IS NOT NULL", "due_on", reach=Reach.DUE),
        Measure("settled", _SETTLED, _CLOSED_OR_DUE),
        Measure("settled_in_time", f"{_SETTLED} AND replied_on <= due_on", _CLOSED_OR_DUE),
        Measure("overdue_open", f"{_DUE} AND {_OPEN} AND {_LATE}", _CLOSED_OR_DUE, reach=Reach.OVERDUE),
        Measure("contact_due", _CONTACT, "contact_due_on", reach=Reach.DUE),
        Measure(
            "contacted_in_time", f"{_CONTACT} AND contacted_on <= contact_due_on", "contact_due_on", reach=Reach.DUE
        ),
        Measure("follow_ups", _FOLLOWED, "followed_on"),
        Measure("solved", f"{_FOLLOWED} AND solved", "followed_on"),
        Measure("satisfied", f"{_FOLLOWED} AND satisfied", "followed_on"),
        Measure("followed_files", _FOLLOWED_FILE, "first_followed_on"),
        Measure("reopened_files", f"{_FOLLOWED_FILE} AND latest > 1", "first_followed_on"),
        Measure("to_publish", _TO_PUBLISH, "replied_on"),
        Measure("published", f"{_TO_PUBLISH} AND published", "replied_on"),
        Measure("replied_files", _REPLIED_FILE, "replied_on"),
        Measure("handling_days", _REPLIED_FILE, "replied_on", "handling_days"),
        Measure("assignments", _ASSIGNED, "assigned_on", table="assignments"),
        Measure("objections", _OBJECTED, "assigned_on", table="assignments"),
        Measure("objections_upheld", f"{_OBJECTED} AND upheld", "assigned_on", table="assignments"),
    )
}
"""Every daily count, by its code."""


def measures_of(table: Table) -> tuple[Measure, ...]:
    """The measures that are taken of one table's rows."""
    return tuple(one for one in MEASURES.values() if one.table == table)


def reached(measure: Measure, day: str) -> str:
    """Which days of a measure count on the day `as_of`, as SQL over the day's column."""
    match measure.reach:
        case Reach.ALWAYS:
            return "true"
        case Reach.DUE:
            return f"{day} <= %(as_of)s"
        case Reach.OVERDUE:
            return f"{day} < %(as_of)s"
