"""Whatever goes wrong on a page is told as a page: the same problem as the API's, in words and with a way on."""

from __future__ import annotations

import json
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import NotSignedIn
from service.asked.given import API
from service.errors import Answering
from service.pages.screen import address_of, page

PLAIN = ("/docs", "/redoc", "/openapi.json", "/static/", "/healthz", "/readyz", "/metrics")


def is_page(path: str) -> bool:
    """Whether an address belongs to the pages."""
    return not path.startswith((f"{API}/", *PLAIN))


def on_pages(handler: Answering) -> Answering:
    """What answers an exception, as a page where a page was asked for."""

    def answer(request: Request, error: Exception) -> Response:
        response = handler(request, error)
        return as_page(request, response) if is_page(request.url.path) else response

    return answer


def as_page(request: Request, response: Response) -> Response:
    """The page for a problem that was to be answered; who is not signed in is sent to do so and comes back."""
    told = json.loads(bytes(response.body))
    if told["code"] == NotSignedIn.code:
        return RedirectResponse(f"/sign-in?next={quote(address_of(request), safe='')}", 303)
    answer = page(request, "problem.html", status=response.status_code, problem=told)
    if wait := response.headers.get("retry-after"):
        answer.headers["Retry-After"] = wait
    return answer
