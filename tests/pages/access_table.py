"""Who may open what: the one table of the access matrix. Every route stands here, or the tests fail.

A rule names the roles that may use a route at all. Routes of a file (`{number}`) are for whoever may know of the file
besides; `FILE` says no more than that. What a step needs beyond is the command's own rule, tested with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI

from domain.petition.commands import STEPS
from domain.vocabulary import STAFF_ROLES, Role
from service.app import create_app
from service.pages.catalogue import ROUTERS
from service.settings import Settings
from tests.service.api_kit import API

R = Role
OPEN: frozenset[Role] | None = None
STAFF = frozenset(STAFF_ROLES)
FILE = READERS = STAFF - {R.ADMIN}
INTAKE, COMMITTEE, ADMIN = frozenset({R.INTAKE}), frozenset({R.SUPERVISOR}), frozenset({R.ADMIN})
HANDLING, PUBLISHING = frozenset({R.HANDLER, R.APPROVER}), frozenset({R.PUBLISHER, R.APPROVER})
FOLLOW_UP, APPROVALS = frozenset({R.CALLER}), frozenset({R.APPROVER})

TABLE: dict[str, frozenset[Role] | None] = {
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "POST /sign-out": OPEN,
    "POST /language": OPEN,
    "GET /sign-in/oidc": OPEN,
    "GET /sign-in/oidc/back": OPEN,
    "GET /public": OPEN,
    "GET /public/send": OPEN,
    "POST /public/send": OPEN,
    "GET /public/state": OPEN,
    "POST /public/state": OPEN,
    "POST /public/opinion": OPEN,
    "GET /public/results": OPEN,
    "GET /public/results/{number}": OPEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /": STAFF,
    "GET /account": STAFF,
    "GET /password": STAFF,
    "POST /password": STAFF,
    "GET /files": READERS,
    "GET /files/{number}": FILE,
    "GET /files/{number}/print": FILE,
    "GET /files/{number}/attachments/{attachment}": FILE,
    "GET /files/{number}/letters/{letter}": FILE,
    "GET /files/{number}/dossier": FILE,
    "POST /files/{number}/draft-publication/check": FILE,
    "POST /files/{number}/draft-publication/preview": FILE,
    "GET /ledger": READERS,
    "GET /ledger/export.{kind}": READERS,
    "POST /ledger/views": READERS,
    "POST /ledger/views/forget": READERS,
    "GET /statistics": READERS,
    "GET /statistics/parts.svg": READERS,
    "GET /statistics/trend.svg": READERS,
    "GET /statistics/files": READERS,
    "POST /drafts": READERS,
    "POST /drafts/discard": READERS,
    "GET /drafts/token": STAFF,
    "GET /intake": INTAKE,
    "GET /intake/many": INTAKE,
    "GET /intake/many/columns.csv": STAFF,
    "POST /intake/many": INTAKE,
    "GET /intake/symposia": INTAKE,
    "POST /intake/symposia": INTAKE,
    "POST /intake/symposia/check": INTAKE,
    "POST /intake/many/register": INTAKE,
    "GET /intake/receipt/{key}": INTAKE,
    "GET /intake/{channel}": INTAKE,
    "POST /intake/{channel}": INTAKE,
    "POST /intake/{channel}/check": INTAKE,
    "POST /intake/{channel}/proposal": INTAKE,
    "GET /handling": HANDLING,
    "GET /handling/approvals": APPROVALS,
    "GET /publication": PUBLISHING,
    "GET /follow-up": FOLLOW_UP,
    "GET /supervision": COMMITTEE,
    "GET /files/{number}/reveal": COMMITTEE,
    "POST /files/{number}/reveal": COMMITTEE,
    "POST /api/v1/petitions/{number}/reveal": COMMITTEE,
    "GET /supervision/overdue": COMMITTEE,
    "GET /supervision/early": COMMITTEE,
    "GET /supervision/orders": COMMITTEE,
    "GET /supervision/audit": COMMITTEE,
    "GET /supervision/readings": COMMITTEE,
    "GET /supervision/exports": COMMITTEE,
    "POST /api/v1/petitions": INTAKE,
    "GET /api/v1/petitions/{number}": FILE,
    "GET /api/v1/petitions/{number}/events": FILE,
    "GET /api/v1/petitions/{number}/attachments/{attachment}": FILE,
    "GET /api/v1/petitions/{number}/routing": FILE,
    "GET /api/v1/petitions/{number}/duplicates": FILE,
    "GET /api/v1/petitions/{number}/letters": FILE,
    "GET /api/v1/petitions/{number}/letters/{letter}": FILE,
    "GET /api/v1/petitions/{number}/dossier": FILE,
    "POST /api/v1/petitions/{number}/redaction-preview": FILE,
    "POST /api/v1/petitions/proposal": INTAKE,
    "POST /api/v1/petitions/duplicates": INTAKE,
    "POST /api/v1/symposia": INTAKE,
    "POST /api/v1/attachments": READERS,
    "GET /api/v1/ledger": READERS,
    "GET /api/v1/worklist": READERS,
    "GET /api/v1/objections": READERS,
    "GET /api/v1/statistics/reply-time": READERS,
    "GET /api/v1/statistics/figures/{figure}/files": READERS,
    "GET /api/v1/statistics/{dimension}": READERS,
    "GET /api/v1/reports/{kind}/{period}": READERS,
    "GET /api/v1/audit": COMMITTEE,
    "GET /api/v1/audit/readings": COMMITTEE,
    "GET /api/v1/staff": ADMIN,
    "POST /api/v1/tokens/{token}/revoke": ADMIN,
    "GET /api/v1/calendars": ADMIN,
    "POST /api/v1/calendars": ADMIN,
}
PREFIXES: dict[str, frozenset[Role] | None] = {
    "/administration": ADMIN,
    f"{API}/staff/": ADMIN,
    f"{API}/rulebook": ADMIN,
    f"{API}/several/": READERS,
    f"{API}/meetings": READERS,
    "/meetings/call-meeting": INTAKE,
    "/meetings": READERS,
    "/reports": READERS,
    "/several": READERS,
}
"""Folders of routes that are all for the same roles."""

FILLED = {
    "attachment": "a0",
    "letter": "reply-2026-1",
    "kind": "csv",
    "key": "k0",
    "channel": "window",
    "figure": "acceptance",
    "dimension": "channels",
    "period": "2026-01",
    "staff": "nobody",
    "meeting": "m-2026-1",
    "ending": "xlsx",
    "token": "00000000-0000-0000-0000-000000000000",
}


def rule_of(route: str) -> frozenset[Role] | None:
    """The roles that may use a route; OPEN for everybody. KeyError for a route that the table does not have."""
    path = route.partition(" ")[2]
    if path.rpartition("/")[2] in STEPS and "{number}" in path:
        return FILE
    for start, roles in PREFIXES.items():
        if path.startswith(start):
            return roles
    return TABLE[route]


def routes() -> Iterator[str]:
    """Every route of the application, of the API and of the pages."""
    app: FastAPI = create_app(Settings())
    for path, methods in app.openapi()["paths"].items():
        yield from (f"{method.upper()} {path}" for method in methods)
    for pages in ROUTERS:
        for route in pages.routes:
            yield from (f"{method} {route.path}" for method in route.methods)  # type: ignore[attr-defined]


ROUTES = sorted(set(routes()))


def path_of(route: str, number: str = "HY-2026-999999") -> str:
    """The address of a route with something in the place of its parameters."""
    given = {**FILLED, "number": number}
    if "/reports/" in route:
        given["kind"] = "monthly"
    return route.partition(" ")[2].format(**given)
