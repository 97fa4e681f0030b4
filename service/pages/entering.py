"""Routes of pages: who comes in by a session, and forms that are read only after that.

`Open` pages are for everybody, `StaffPage` ones for members of staff. A form is taken from a page of ours alone; its
fields and files then stand in `request.state.form`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from domain.errors import BrokenRequest, NotSignedIn, TooLarge
from service.asked.given import limited, parts_of
from service.pages.cookies import (
    CSRF_FIELD,
    SESSION,
    check_csrf,
    check_origin,
    cookie,
    forget_cookie,
    keep_visitor,
)
from service.pages.screen import redirect
from service.sessions import Session

MOST_FILES, MOST_FIELDS = 20, 2000
MOST_FORM = 64 * 1024 * 1024
"""Bytes of a form with all its files."""
OWN_PASSWORD = "/password"  # noqa: S105 - an address
ALWAYS_OPEN = frozenset({OWN_PASSWORD, "/sign-out", "/language"})
"""Where a member of staff may go before the first password was changed."""


class Open(APIRoute):
    """A page for everybody; who is signed in is known on it."""

    staff_only = False
    most = MOST_FORM

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """The framework's handler behind the session and the form."""
        handle = super().get_route_handler()

        async def entered(request: Request) -> Response:
            session = await run_in_threadpool(_session, request)
            if session is None and self.staff_only:
                raise NotSignedIn
            if session is not None and session.must_change and request.url.path not in ALWAYS_OPEN:
                return redirect(request, OWN_PASSWORD)
            if request.method != "POST":
                response = await handle(request)
            else:
                check_origin(request)
                response = await self._posted(request, handle)
            keep_visitor(request, response)
            if session is None and cookie(request, SESSION) and SESSION not in response.headers.get("set-cookie", ""):
                forget_cookie(request, response, SESSION)
            return response

        return entered

    async def _posted(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        """Read the form, hold its token against the session, and go on."""
        request = Request(request.scope, limited(request.receive, self.most))
        try:
            form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
        except TooLarge:
            raise
        except Exception as error:  # the parser's own complaint may quote what was sent
            raise BrokenRequest(reason="表单格式错误", reason_en="the form is malformed") from error
        try:
            check_csrf(request, form.get(CSRF_FIELD))
            request.state.form = form
            return await handle(request)
        finally:
            await form.close()


class StaffPage(Open):
    """A page for members of staff."""

    staff_only = True


def _session(request: Request) -> Session | None:
    """The caller's session, with who they are in `request.state`; None without a valid one."""
    secret = cookie(request, SESSION)
    if not secret:
        return None
    parts = parts_of(request)
    session = parts.sessions.find(secret)
    if session is None:
        return None
    try:
        caller = parts.access.of_session(session.staff)
    except NotSignedIn:
        return None
    request.state.session, request.state.caller, request.state.staff = session, caller, caller.staff
    return session


async def form_of(request: Request) -> FormData:
    """The form that was sent."""
    form: FormData = request.state.form
    return form


async def session_of(request: Request) -> Session:
    """The caller's session."""
    session: Session = request.state.session
    return session


FormOf = Annotated[FormData, Depends(form_of)]
SessionOf = Annotated[Session, Depends(session_of)]
