"""All pages: the one list that the application includes and that tests iterate."""

from fastapi import APIRouter

from service.pages import ledger, printing, public, signing_in, start, statistics, steps, supervision

ROUTERS: tuple[APIRouter, ...] = (
    signing_in.router,
    signing_in.own,
    start.router,
    steps.router,
    ledger.router,
    printing.router,
    statistics.router,
    supervision.router,
    public.router,
)
