"""Which desks there are and for whom: the navigation shows those whose pages exist and that the caller may open."""

from __future__ import annotations

from dataclasses import dataclass

from domain.vocabulary import STAFF_ROLES, Role
from service.access import REPORTING, Caller
from service.pages.words import mark as _say

READERS = STAFF_ROLES - {Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Entry:
    """A desk: its address, its title (a message), and the roles that work there."""

    href: str
    title: str
    roles: frozenset[Role]


ENTRIES = (
    Entry("/intake", _say("受理台"), frozenset({Role.INTAKE})),
    Entry("/handling", _say("办理台"), frozenset({Role.HANDLER, Role.APPROVER})),
    Entry("/publication", _say("公示台"), frozenset({Role.PUBLISHER, Role.APPROVER})),
    Entry("/follow-up", _say("回访台"), frozenset({Role.CALLER})),
    Entry("/supervision", _say("监督台"), frozenset({Role.SUPERVISOR})),
    Entry("/ledger", _say("台账"), READERS),
    Entry("/statistics", _say("统计"), READERS),
    Entry("/reports", _say("报表"), REPORTING),
    Entry("/meetings", _say("分析会"), frozenset({Role.INTAKE, Role.PUBLISHER, Role.APPROVER, Role.SUPERVISOR})),
    Entry("/administration", _say("管理"), frozenset({Role.ADMIN})),
)


def entries(caller: Caller, known: frozenset[str]) -> list[Entry]:
    """The desks that the caller may open, of those whose address is `known` to the application."""
    return [entry for entry in ENTRIES if entry.roles & caller.roles and entry.href in known]
