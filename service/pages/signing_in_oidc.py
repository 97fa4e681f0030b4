"""Signing in through the office's own identity provider: OpenID Connect, authorization code with PKCE, state and nonce.

The provider says who somebody is; what they may do stays here. The claim that the settings name must hold the id of a
member of staff who holds a role today; nobody is added by signing in.
"""

from __future__ import annotations

import base64
import json
import warnings
from functools import cache
from typing import Annotated, Any

import httpx
import structlog
from authlib.common.errors import AuthlibBaseError
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from domain.errors import DomainError, NoSuchAddress, ProviderRefused, UnknownStaff
from service.asked.given import PartsOf
from service.logs import places
from service.pages.cookies import address, cookie, forget_cookie, set_cookie
from service.pages.entering import Open
from service.pages.signing_in import begin, check_rate, local
from service.parts import Parts
from service.settings import Settings

PENDING, ONWARD = "hy_oidc", "onward"
PATIENCE, TIMEOUT = 600, 10.0
"""Seconds for which somebody may be at the provider, and for which we wait for it to answer."""
BACK = "/sign-in/oidc/back"

log = structlog.get_logger("access")
router = APIRouter(route_class=Open, include_in_schema=False)


@router.get("/sign-in/oidc")
async def leave(request: Request, next: Annotated[str, Query(max_length=400)] = "/") -> Response:
    """Go to the provider; what must come back with the same person waits in a cookie of ten minutes."""
    client = _client(request)
    request.scope["session"] = {ONWARD: local(next)}
    try:
        response: Response = await client.authorize_redirect(request, address(request) + BACK)
    except (httpx.HTTPError, AuthlibBaseError, RuntimeError, ValueError) as error:
        raise _refused("provider_unreachable", error) from None
    kept = base64.urlsafe_b64encode(json.dumps(request.scope["session"]).encode()).decode()
    set_cookie(request, response, PENDING, kept, PATIENCE)
    return response


@router.get(BACK)
async def come_back(request: Request, parts: PartsOf) -> Response:
    """Come back from the provider with a code; its token is fetched and held against state, nonce, issuer and keys."""
    client, settings = _client(request), _settings(request)
    pending = _pending(request)
    onward = str(pending.pop(ONWARD, "/"))
    request.scope["session"] = pending
    await run_in_threadpool(check_rate, request, parts, "oidc")
    try:
        options = {"iss": {"essential": True, "values": [settings.oidc_issuer]}}
        token = await client.authorize_access_token(request, claims_options=options)
        claims = token["userinfo"]
    except (httpx.HTTPError, AuthlibBaseError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise _refused("token_refused", error) from None
    staff = claims.get(settings.oidc_claim)
    await run_in_threadpool(_check_holder, parts, staff)
    response = await run_in_threadpool(begin, request, parts, str(staff), "oidc", local(onward))
    forget_cookie(request, response, PENDING)
    return response


def _check_holder(parts: Parts, staff: object) -> None:
    """`ProviderRefused` unless the claim names somebody who holds a role today."""
    try:
        if isinstance(staff, str) and parts.access.of_staff(staff, "").grants:
            return
    except UnknownStaff:
        pass
    raise _refused("not_on_the_staff", None)


def _refused(why: str, error: Exception | None) -> DomainError:
    """What the person is told; the log says at which step it failed, without what was said there."""
    log.warning("sign_in_refused", method="oidc", code=why, **(places(error) if error else {}))
    return ProviderRefused()


def _pending(request: Request) -> dict[str, Any]:
    """What waits in the cookie; empty where there is none that can be read."""
    try:
        kept = json.loads(base64.urlsafe_b64decode(cookie(request, PENDING)))
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _client(request: Request) -> Any:
    """The client of the provider that the settings name; NoSuchAddress where they name none."""
    settings = _settings(request)
    if not settings.oidc_issuer:
        raise NoSuchAddress
    return _made(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)


@cache
def _made(issuer: str, client_id: str, secret: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library already speaks of its next HTTP client
        from authlib.integrations.starlette_client import OAuth
    return OAuth().register(
        "office",
        client_id=client_id,
        client_secret=secret or None,
        server_metadata_url=issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
            "timeout": TIMEOUT,
        },
    )
