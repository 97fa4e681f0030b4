"""All pages: the one list that the application includes and that tests iterate."""

from fastapi import APIRouter

from service.pages import (
    administration,
    administration_rules,
    drafting,
    files,
    handling,
    ledger,
    printing,
    public,
    publishing,
    receiving,
    receiving_many,
    recollecting,
    reports,
    signing_in,
    signing_in_oidc,
    start,
    statistics,
    steps,
    supervision,
)

ROUTERS: tuple[APIRouter, ...] = (
    signing_in.router,
    signing_in.own,
    signing_in_oidc.router,
    start.router,
    files.router,
    publishing.router,
    steps.router,
    ledger.router,
    printing.router,
    statistics.router,
    supervision.router,
    public.router,
    drafting.router,
    receiving_many.router,
    receiving.router,
    handling.router,
    recollecting.router,
    administration.router,
    administration_rules.router,
    reports.router,
)
