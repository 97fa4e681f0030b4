"""All pages: the one list that the application includes and that tests iterate."""

from fastapi import APIRouter

from service.pages import signing_in, start, steps

ROUTERS: tuple[APIRouter, ...] = (
    signing_in.router,
    signing_in.own,
    start.router,
    steps.router,
)
