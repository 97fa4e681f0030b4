"""A row of the ledger as people read it, and what the ledger can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from domain.clocks import Calendar, working_days_between
from domain.kernel import day_of
from domain.vocabulary import Channel, Nature, Satisfaction, Secrecy, Solved, Track, Urgency
from projections.masked import shown, shown_name
from projections.sight import Sight

Order = Literal["received", "due", "number"]
"""Newest first; by the due date of the running handling clock, most urgent first; by number, highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter:
    """What the ledger is asked for; None and () ask for all.

    `units` finds files on which any of these is lead or co-unit; `areas` and `categories` are given with all below
    them, as the rulebook has them. `overdue_on` finds files whose handling clock runs and ran out before that day,
    most overdue first. `q` is a number or its beginning, a whole legacy number, or words of the text.
    `received_from` and `received_to` are days in Asia/Shanghai, both included.
    """

    channel: str | None = None
    stage: str | None = None
    units: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    nature: str | None = None
    round: int | None = None
    overdue_on: date | None = None
    received_from: date | None = None
    received_to: date | None = None
    q: str | None = None
    order: Literal["received", "due"] = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One number in the ledger, personal data masked. Times in UTC, days in Asia/Shanghai."""

    number: str
    legacy_number: str | None
    channel: Channel
    received_at: datetime | None
    received_day: date | None
    petitioner: str
    people_count: int
    title: str
    area: str | None
    category: str | None
    nature: Nature
    urgency: Urgency
    secrecy: Secrecy
    track: Track | None
    lead: str | None
    co_units: tuple[str, ...]
    first_unit: str | None
    answerable: str | None
    returns: int
    against_units: tuple[str, ...]
    accepted_at: datetime | None
    due: date | None
    due_working: bool
    due_provisional: bool
    extended_to: date | None
    handled_at: datetime | None
    replied: bool
    replied_at: datetime | None
    publication: str | None
    published_at: datetime | None
    followed_up_at: datetime | None
    solved: Solved | None
    satisfaction: Satisfaction | None
    round: int
    stage: str
    closed_at: datetime | None
    suspended_until: date | None
    principal: str | None
    duplicates: int
    orders: int
    open_orders: int
    reminders: int
    review: str | None
    review_verdict: str | None
    archive_number: str | None
    imported: bool
    restricted: bool
    erased: bool
    version: int
    position: int

    def overdue_days(self, as_of: date, calendar: Calendar) -> int:
        """Days beyond the due date until the handling clock stopped, or until `as_of` while it runs; 0 if in time.

        Working days where the limit was counted in them, calendar days otherwise.
        """
        return days_overdue(self.due, self.handled_at, as_of, calendar if self.due_working else None)


_CODES = {
    "channel": Channel,
    "nature": Nature,
    "urgency": Urgency,
    "secrecy": Secrecy,
    "track": Track,
    "solved": Solved,
    "satisfaction": Satisfaction,
}
_OTHERS = ("principal", "duplicates")
_MADE = frozenset({"petitioner", "title", "restricted", "erased", "co_units", "against_units", *_CODES})
_PLAIN = tuple(name for name in LedgerRow.__slots__ if name not in _MADE)
_OWN = ", ".join(
    f"r.{name}"
    for name in (
        *(name for name in _PLAIN if name not in _OTHERS), *_CODES, "title", "restricted", "erased", "co_units",
        "against_units", "petitioners", "people", "ordered_at",
    )
)  # fmt: skip


def days_overdue(due: date | None, handled_at: datetime | None, as_of: date, calendar: Calendar | None) -> int:
    """Days beyond the due date, counted over a calendar's working days, or all of them without one."""
    until = day_of(handled_at) if handled_at else as_of
    if due is None or until <= due:
        return 0
    return working_days_between(due, until, calendar) if calendar else (until - due).days


def columns_for(sight: Sight) -> str:
    """The columns of `ledger.rows r` that `row_of` reads; of other files only those that the caller may know of.

    The parameters are those of `sight.sql`.
    """
    rule, _ = sight.sql("o")
    return (
        f"{_OWN}, (SELECT o.number FROM ledger.rows o WHERE o.number = r.principal AND {rule}) AS principal,"  # noqa: S608
        f" (SELECT count(*) FROM ledger.rows o WHERE o.principal = r.number AND {rule}) AS duplicates"
    )


def row_of(record: Mapping[str, Any]) -> LedgerRow:
    """A row as read from the database, for people: masked values in place of references, codes as such."""
    people, restricted = record["people"], record["restricted"]
    codes = {name: None if record[name] is None else kind(record[name]) for name, kind in _CODES.items()}
    return LedgerRow(
        **{name: record[name] for name in _PLAIN},
        **codes,  # type: ignore[arg-type]
        petitioner=shown_name(record["petitioners"], people, restricted),
        title=shown(record["title"], people, restricted),
        restricted=bool(restricted),
        erased=bool(record["erased"]),
        co_units=tuple(record["co_units"]),
        against_units=tuple(record["against_units"]),
    )


def line_of(record: dict[str, Any], as_of: date, calendar: Calendar) -> dict[str, Any]:
    """The same as plain values for JSON, with `days_overdue` on a day. The record becomes the line."""
    petitioners, people, restricted = record.pop("petitioners"), record.pop("people"), record["restricted"]
    del record["ordered_at"]
    record["petitioner"] = shown_name(petitioners, people, restricted)
    record["title"] = shown(record["title"], people, restricted)
    record["restricted"], record["erased"] = bool(restricted), bool(record["erased"])
    counted = calendar if record["due_working"] else None
    record["days_overdue"] = days_overdue(record["due"], record["handled_at"], as_of, counted)
    return record
