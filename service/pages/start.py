"""Where one comes in: the start page with the desks that one works at."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.asked.given import ReaderOf
from service.pages.entering import StaffPage
from service.pages.screen import page, redirect

router = APIRouter(route_class=StaffPage, include_in_schema=False)


@router.get("/")
def start(request: Request) -> Response:
    """The desks of who is signed in."""
    return page(request, "start.html")


@router.get("/files")
def open_file(request: Request, caller: ReaderOf, number: Annotated[str, Query(max_length=64)] = "") -> Response:
    """Go to the file with a number that was typed."""
    return redirect(request, f"/files/{number.strip()}" if number.strip().replace("-", "").isalnum() else "/")
