"""Which files somebody may know of: one rule, as SQL for queries and as a function for one file.

What one may not see answers like what does not exist, in lists, counts, search and exports alike (L1 30, 46).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from domain.petition.events.values import Accused
from domain.vocabulary import Secrecy


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may know of.

    `committee`: sees every file but one against themselves. `staff`: the caller and whom they stand in for.
    `units`: those whose secret files the caller works on: their own, and for an approver all below. `under`: the
    caller's own units and all their superiors; a file against any of these is invisible to the caller. `office`: holds
    a role that works on every file (intake, publication, follow-up).
    """

    committee: bool = False
    staff: frozenset[str] = field(default_factory=frozenset)
    units: frozenset[str] = field(default_factory=frozenset)
    under: frozenset[str] = field(default_factory=frozenset)
    office: bool = False

    def sees(
        self,
        *,
        against_units: Collection[str],
        against_staff: Collection[str],
        secrecy: str,
        involved: Collection[str],
    ) -> bool:
        """Whether a file with these facts exists for the caller. `involved`: lead and co-units."""
        if self.staff & set(against_staff):
            return False
        if self.committee:
            return True
        if self.under & set(against_units):
            return False
        return secrecy != Secrecy.SECRET or self.office or bool(self.units & set(involved))

    def sql(self, table: str) -> tuple[str, dict[str, object]]:
        """The same rule over a table with against_units, against_staff, involved (text[]) and secrecy (text)."""
        if self.committee and not self.staff:
            return "true", {}
        rule = f"NOT ({table}.against_staff && %(sight_staff)s)"
        if self.committee:
            return rule, {"sight_staff": sorted(self.staff)}
        rule += (
            f" AND NOT ({table}.against_units && %(sight_under)s)"
            f" AND ({table}.secrecy <> 'secret' OR %(sight_office)s OR {table}.involved && %(sight_units)s)"
        )
        return rule, {
            "sight_under": sorted(self.under),
            "sight_staff": sorted(self.staff),
            "sight_units": sorted(self.units),
            "sight_office": self.office,
        }


def against_columns(accused: Iterable[Accused]) -> dict[str, object]:
    """What a projection stores of whom a file accuses: units with those of accused staff, and staff (L1 30)."""
    against = tuple(accused)
    units = {one.unit for one in against if one.unit}
    return {
        "against_units": sorted(units.union(*(one.staff_units for one in against))),
        "against_staff": sorted({one.staff for one in against if one.staff}),
    }
