"""Cookies of the pages, and the token that shows that a form came from a page of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from domain.errors import ForeignForm

SESSION, VISITOR, LANGUAGE, TOLD = "hy_session", "hy_visitor", "hy_language", "hy_told"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
YEAR = 365 * 24 * 3600
CSRF_FIELD = "csrf"


def address(request: Request) -> str:
    """Scheme and host under which browsers reach the service: as the settings say, or as it was asked."""
    public = urlsplit(request.app.state.settings.public_url)
    if public.netloc:
        return f"{public.scheme}://{public.netloc}"
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def secure(request: Request) -> bool:
    """Whether cookies travel by https only: always, but for plain http on this machine itself."""
    parts = urlsplit(address(request))
    return parts.scheme == "https" or parts.hostname not in LOOPBACK


def unsafe(request: Request) -> bool:
    """Whether the browser came over plain http from another machine: it then drops our cookies, and nobody signs in.

    Behind a proxy that says nothing of https, the public address in the request speaks for it.
    """
    host = request.headers.get("host", "")
    if request.url.scheme == "https" or urlsplit(f"//{host}").hostname in LOOPBACK:
        return False
    public = urlsplit(request.app.state.settings.public_url)
    return not (public.scheme == "https" and public.netloc == host)


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie that no script reads and no other site sends; without `seconds` it ends with the browser."""
    safe = secure(request)
    prefix = "__Host-" if safe else ""
    response.set_cookie(prefix + name, value, max_age=seconds, path="/", secure=safe, httponly=True, samesite="lax")


def cookie(request: Request, name: str) -> str:
    """A cookie's value; empty where there is none."""
    return request.cookies.get(("__Host-" if secure(request) else "") + name, "")


def forget_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie back."""
    set_cookie(request, response, name, "", 0)


def csrf_token(request: Request) -> str:
    """The token for forms on a page: derived from the session, or from a visitor's own secret."""
    secret: str = cookie(request, SESSION) or _visitor(request)
    return hmac.new(secret.encode(), b"huiying form", hashlib.sha256).hexdigest()


def _visitor(request: Request) -> str:
    """The secret of a visitor without a session; a new one goes out with the answer."""
    known = cookie(request, VISITOR) or getattr(request.state, "visitor", "")
    if not known:
        known = request.state.visitor = secrets.token_urlsafe(24)
    return known


def keep_visitor(request: Request, response: Response) -> None:
    """Send the visitor's secret along, where one was made for this page."""
    if made := getattr(request.state, "visitor", ""):
        set_cookie(request, response, VISITOR, made)


def check_origin(request: Request) -> None:
    """`ForeignForm` for a form that another site sent, as far as the browser says where it comes from."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    known = {urlsplit(address(request)).netloc, request.headers.get("host", "")}
    if (origin is not None and urlsplit(origin).netloc not in known) or site not in {"same-origin", "none"}:
        raise ForeignForm


def check_csrf(request: Request, given: object) -> None:
    """`ForeignForm` for a form without the token of this session."""
    expected = csrf_token(request)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForeignForm


def tell_next(request: Request, response: Response, text: str, kind: str) -> None:
    """Let the next page begin with a word; it must hold no personal data."""
    plain = json.dumps([kind, text], ensure_ascii=False).encode()
    set_cookie(request, response, TOLD, base64.urlsafe_b64encode(plain).decode(), 60)


def told_before(request: Request) -> tuple[str, str] | None:
    """Kind and text that the page before left; None where nothing readable is there."""
    try:
        kind, text = json.loads(base64.urlsafe_b64decode(cookie(request, TOLD)))
    except ValueError:
        return None
    return (kind, text) if isinstance(text, str) and kind in {"done", "warning"} else None
