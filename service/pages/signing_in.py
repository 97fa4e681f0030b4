"""Signing in and out, one's own password, and the language switch."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Query, Request, Response

from domain.errors import DomainError, TooOften, WeakPassword, WrongPassword
from service import passwords
from service.asked.given import CallerOf, PartsOf
from service.limiter import Limit
from service.pages.cookies import LANGUAGE, SESSION, YEAR, cookie, forget_cookie, set_cookie
from service.pages.entering import OWN_PASSWORD, FormOf, Open, SessionOf, StaffPage
from service.pages.screen import caller_or_none, language_of, page, redirect, words_of
from service.pages.words import LANGUAGES
from service.parts import Parts

PER_ACCOUNT = Limit("sign-in account", 20, timedelta(minutes=15))
PER_ADDRESS = Limit("sign-in address", 60, timedelta(minutes=15))

log = structlog.get_logger("access")

router = APIRouter(route_class=Open, include_in_schema=False)
own = APIRouter(route_class=StaffPage, include_in_schema=False)


@router.get("/sign-in")
def sign_in_page(request: Request, next: Annotated[str, Query(max_length=400)] = "/") -> Response:
    """The form for signing in."""
    if caller_or_none(request) is not None:
        return redirect(request, local(next))
    return _asked(request, local(next))


@router.post("/sign-in")
def sign_in(request: Request, parts: PartsOf, form: FormOf) -> Response:
    """Sign in; every failure looks the same."""
    staff = str(form.get("staff", "")).strip().lower()[:64]
    onward = local(str(form.get("next", "/")))
    try:
        check_rate(request, parts, staff)
        _check_password(parts, staff, str(form.get("password", ""))[:1000])
    except (WrongPassword, TooOften) as error:
        log.info("sign_in_refused", method="password", code=error.code)
        answer = _asked(request, onward, staff, error.text(language_of(request)))
        answer.status_code = error.status
        return answer
    return begin(request, parts, staff, "password", onward)


def check_rate(request: Request, parts: Parts, staff: str) -> None:
    """Count a try from this address for this account; raises `TooOften`."""
    now = parts.now()
    parts.limiter.check(PER_ADDRESS, request.client.host if request.client else "", now)
    parts.limiter.check(PER_ACCOUNT, staff, now)


def begin(request: Request, parts: Parts, staff: str, method: str, onward: str) -> Response:
    """Begin a session of a member of staff who has shown who they are."""
    secret = parts.sessions.begin(staff, method, cookie(request, SESSION))
    parts.limiter.forget(parts.now())
    log.info("signed_in", method=method, staff=staff)
    response = redirect(request, onward)
    set_cookie(request, response, SESSION, secret)
    return response


def _check_password(parts: Parts, staff: str, password: str) -> None:
    """Raises `WrongPassword`, also for somebody who holds no role today."""
    with parts.pool.connection() as connection:
        found = passwords.fits(connection, staff, password, parts.now())
    if found is None or not parts.access.of_staff(staff, "").grants:
        raise WrongPassword


@router.post("/sign-out")
def sign_out(request: Request, parts: PartsOf, form: FormOf) -> Response:
    """End this session, or all sessions of its holder."""
    session = getattr(request.state, "session", None)
    if session is not None:
        if form.get("everywhere"):
            parts.sessions.end_all(session.staff)
        parts.sessions.end(session)
        log.info("signed_out", staff=session.staff)
    response = redirect(request, "/sign-in", words_of(request).gettext("已退出"))
    forget_cookie(request, response, SESSION)
    return response


@router.post("/language")
def choose_language(request: Request, form: FormOf) -> Response:
    """Show the pages in another language from now on."""
    response = redirect(request, local(str(form.get("next", "/"))))
    chosen = form.get("language")
    if chosen in LANGUAGES:
        set_cookie(request, response, LANGUAGE, str(chosen), YEAR)
    return response


@own.get("/account")
def account(request: Request, caller: CallerOf) -> Response:
    """Who one is here, and which roles one holds today."""
    return page(request, "account.html", grants=sorted(caller.grants, key=repr))


@own.get(OWN_PASSWORD)
def password_page(request: Request, session: SessionOf) -> Response:
    """The form for one's own password."""
    return page(request, "password.html", must_change=session.must_change, error="")


@own.post(OWN_PASSWORD)
def change_password(request: Request, parts: PartsOf, session: SessionOf, form: FormOf) -> Response:
    """Change one's own password; all other sessions end, and this one is begun anew."""
    old, new, again = (str(form.get(name, ""))[:1000] for name in ("old", "new", "again"))
    try:
        check_rate(request, parts, session.staff)
        with parts.pool.connection() as connection:
            if passwords.fits(connection, session.staff, old, parts.now()) is None:
                raise WrongPassword
            if new != again:
                raise WeakPassword(("again",), reason="两次输入不一致", reason_en="the two are not the same")
            if new == old:
                raise WeakPassword(("new",), reason="须与现用密码不同", reason_en="it must differ from the old one")
            passwords.set_password(connection, session.staff, new, must_change=False, now=parts.now())
    except DomainError as error:
        told = error.text(language_of(request))
        return page(request, "password.html", status=error.status, must_change=session.must_change, error=told)
    parts.sessions.end_all(session.staff)
    log.info("password_changed", staff=session.staff)
    secret = parts.sessions.begin(session.staff, session.method)
    response = redirect(request, "/", words_of(request).gettext("密码已修改，其他设备上的登录已退出"))
    set_cookie(request, response, SESSION, secret)
    return response


def _asked(request: Request, onward: str, staff: str = "", error: str = "") -> Response:
    return page(
        request,
        "sign_in.html",
        next=onward,
        staff=staff,
        error=error,
        oidc=bool(request.app.state.settings.oidc_issuer),
    )


def local(address: str) -> str:
    """An address on this service: what leads elsewhere becomes the start page."""
    parts = urlsplit(address)
    fine = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if fine and address.isprintable() and "\\" not in address else "/"
