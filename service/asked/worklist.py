"""For which roles and units somebody's work list is, and the days by which it is due."""

from __future__ import annotations

from collections.abc import Iterator

from domain.clocks import after_working_days
from domain.kernel import day_of
from domain.rules.content import RulebookContent
from domain.vocabulary import Role
from projections.worklist_queries import Days
from service.access import Caller
from service.parts import Parts


def days_of(parts: Parts, soon: int) -> Days:
    """Today, and the last of the `soon` working days after it."""
    today = day_of(parts.now())
    return Days(today, after_working_days(today, soon, parts.rulebooks.current().content.calendar))


def grants_of(caller: Caller, rulebook: RulebookContent) -> Iterator[tuple[Role, str | None]]:
    """The caller's roles with their units; an approver answers for every unit below theirs."""
    for grant in caller.grants:
        below = rulebook.below(grant.unit) if grant.unit and grant.role is Role.APPROVER else {grant.unit}
        yield from ((grant.role, unit) for unit in below)
