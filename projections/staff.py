"""The staff directory: who holds which role for which unit on which days, and who stands in for whom. No names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from psycopg import Connection
from psycopg.rows import dict_row

from domain.kernel import Recorded
from domain.staff_events import DeputyEnded, DeputyNamed, RoleEnded, RoleGranted, StaffAdded, StaffLeft
from projections.projection import Projection, Write

ADD = "INSERT INTO {schema}.members (staff, left_on) VALUES (%(staff)s, NULL)"
LEAVE = "UPDATE {schema}.members SET left_on = %(until)s WHERE staff = %(staff)s"
# A grant that was ended before it began may be made again for the same first day: then the new end counts.
GRANT = """
INSERT INTO {schema}.grants (staff, role, unit, since, until)
VALUES (%(staff)s, %(role)s, %(unit)s, %(since)s, %(until)s)
    ON CONFLICT (staff, role, unit, since) DO UPDATE SET until = excluded.until
"""
END_GRANT = """
UPDATE {schema}.grants SET until = %(until)s
 WHERE staff = %(staff)s AND role = %(role)s AND unit = %(unit)s AND since = %(since)s
"""
NAME_DEPUTY = """
INSERT INTO {schema}.deputies (staff, principal, since, until)
VALUES (%(staff)s, %(principal)s, %(since)s, %(until)s)
    ON CONFLICT (staff, principal, since) DO UPDATE SET until = excluded.until
"""
END_DEPUTY = """
UPDATE {schema}.deputies SET until = %(until)s
 WHERE staff = %(staff)s AND principal = %(principal)s AND since = %(since)s
"""


class StaffDirectory(Projection):
    """Members, their grants, and for whom they stand in; a grant for no unit has the unit ''."""

    name: ClassVar[str] = "staff"
    version: ClassVar[int] = 1
    personal: ClassVar[bool] = False
    ddl: ClassVar[str] = """
        CREATE TABLE {schema}.members (
            staff   text PRIMARY KEY,
            left_on date
        );
        CREATE TABLE {schema}.grants (
            staff text NOT NULL,
            role  text NOT NULL,
            unit  text NOT NULL,
            since date NOT NULL,
            until date,
            PRIMARY KEY (staff, role, unit, since)
        );
        CREATE TABLE {schema}.deputies (
            staff     text NOT NULL,
            principal text NOT NULL,
            since     date NOT NULL,
            until     date NOT NULL,
            PRIMARY KEY (staff, principal, since)
        );
    """

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Follow the events of the staff."""
        staff = recorded.stream.removeprefix("staff:")
        match recorded.fact:
            case StaffAdded():
                yield ADD, {"staff": staff}
            case StaffLeft(on=on):
                yield LEAVE, {"staff": staff, "until": on}
            case (RoleGranted() | RoleEnded()) as fact:
                yield (
                    GRANT if isinstance(fact, RoleGranted) else END_GRANT,
                    {
                        "staff": staff,
                        "role": str(fact.role),
                        "unit": fact.unit or "",
                        "since": fact.since,
                        "until": fact.until,
                    },
                )
            case (DeputyNamed() | DeputyEnded()) as fact:
                yield (
                    NAME_DEPUTY if isinstance(fact, DeputyNamed) else END_DEPUTY,
                    {"staff": staff, "principal": fact.principal, "since": fact.since, "until": fact.until},
                )


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role (its code) held for a unit (None: the whole office), both days included; no end: for good."""

    role: str
    unit: str | None
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Deputyship:
    """Standing in for `principal` from a day to a day, both included."""

    principal: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff with every role ever held. `left_on` is the last day, None while on the staff."""

    staff: str
    left_on: date | None
    roles: tuple[HeldRole, ...]
    stands_in: tuple[Deputyship, ...]


MEMBERS = "SELECT staff, left_on FROM staff.members ORDER BY staff"
GRANTS = "SELECT staff, role, unit, since, until FROM staff.grants ORDER BY staff, since, role, unit"
DEPUTIES = "SELECT staff, principal, since, until FROM staff.deputies ORDER BY staff, since, principal"
UNITS = """
SELECT staff, coalesce(array_agg(DISTINCT unit) FILTER (
           WHERE unit <> '' AND since <= %(day)s AND coalesce(until >= %(day)s, true)
             AND coalesce(left_on >= %(day)s, true)), '{}') AS units
  FROM staff.members LEFT JOIN staff.grants USING (staff)
 GROUP BY staff
"""


def directory(connection: Connection[Any]) -> list[Member]:
    """Everybody who is or was on the staff, by id."""
    with connection.cursor(row_factory=dict_row) as cursor:
        members = cursor.execute(MEMBERS).fetchall()
        roles: dict[str, list[HeldRole]] = {member["staff"]: [] for member in members}
        stands_in: dict[str, list[Deputyship]] = {member["staff"]: [] for member in members}
        for row in cursor.execute(GRANTS).fetchall():
            held = HeldRole(row["role"], row["unit"] or None, row["since"], row["until"])
            roles[row["staff"]].append(held)
        for row in cursor.execute(DEPUTIES).fetchall():
            stands_in[row["staff"]].append(Deputyship(row["principal"], row["since"], row["until"]))
    return [
        Member(member["staff"], member["left_on"], tuple(roles[member["staff"]]), tuple(stands_in[member["staff"]]))
        for member in members
    ]


def staff_units(connection: Connection[Any], day: date) -> dict[str, frozenset[str]]:
    """The units for which each member of staff holds a role on that day: none for many, and for those who have left."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return {row["staff"]: frozenset(row["units"]) for row in cursor.execute(UNITS, {"day": day})}
