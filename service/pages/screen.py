"""Putting a page together: templates, what every page shows, and redirects that leave a word for the next page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from domain.errors import NoRulebook
from domain.kernel import SHANGHAI
from domain.points import point_of
from domain.rules.content import RulebookContent
from domain.vocabulary import Code
from service.access import Caller
from service.pages.cookies import (
    CSRF_FIELD,
    LANGUAGE,
    TOLD,
    cookie,
    csrf_token,
    forget_cookie,
    tell_next,
    told_before,
    unsafe,
)
from service.pages.navigation import entries
from service.pages.words import LANGUAGES, Words, readable, words_in

TEMPLATES = Path(__file__).parents[1] / "templates"
STATIC = Path(__file__).parents[1] / "static"
ADDRESS_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Names:
    """What the rulebook calls its codes; a code that it does not know stands for itself."""

    rulebook: RulebookContent | None

    def unit(self, code: str | None) -> str:
        """A unit's name."""
        return self._name(self.rulebook and code and self.rulebook.unit(code), code)

    def body(self, code: str | None) -> str:
        """A body's name."""
        return self._name(self.rulebook and code and self.rulebook.body(code), code)

    def area(self, code: str | None) -> str:
        """An area's name."""
        return self._name(self.rulebook and code and self.rulebook.area(code), code)

    def category(self, code: str | None) -> str:
        """A category's name."""
        return self._name(self.rulebook and code and self.rulebook.category(code), code)

    @staticmethod
    def _name(found: Any, code: str | None) -> str:
        return str(found.name) if found else code or ""


def language_of(request: Request) -> str:
    """The language that the reader chose by the switch; otherwise the service's own."""
    chosen = cookie(request, LANGUAGE)
    default: str = request.app.state.language
    return chosen if chosen in LANGUAGES else default


def words_of(request: Request) -> Words:
    """The words in the reader's language."""
    return words_in(language_of(request))


def rulebook_of(request: Request) -> RulebookContent | None:
    """The rulebook in force; None before there is one."""
    try:
        content: RulebookContent = request.app.state.parts.rulebooks.current().content
    except NoRulebook:
        return None
    return content


def caller_or_none(request: Request) -> Caller | None:
    """Who is signed in, if anybody is."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page from a template, which extends `base.html`; see ops/runbooks/pages.md for what every template knows."""
    words, caller = words_of(request), caller_or_none(request)
    told = told_before(request)
    html = (
        environment(words.language)
        .get_template(template)
        .render(
            request=request,
            language=words.language,
            languages=LANGUAGES,
            here=address_of(request),
            caller=caller,
            navigation=entries(caller, request.app.state.pages) if caller else [],
            names=Names(rulebook_of(request)),
            told=told,
            csrf=csrf_token(request),
            unsafe=unsafe(request),
            public_url=request.app.state.settings.public_url,
            csrf_field=CSRF_FIELD,
            **values,
        )
    )
    response = HTMLResponse(html, status, headers)
    if told is not None:
        forget_cookie(request, response, TOLD)
    return response


def redirect(request: Request, to: str, told: str | None = None, kind: str = "done") -> RedirectResponse:
    """Go on to another page of ours, which begins with the word that is left for it (no personal data)."""
    response = RedirectResponse(to, 303)
    if told is not None:
        tell_next(request, response, told, kind)
    return response


def address_of(request: Request) -> str:
    """Path and query of the page, for coming back to it; the start page where none of ours has it."""
    if "endpoint" not in request.scope:
        return "/"
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return path if len(path) <= ADDRESS_LENGTH else request.url.path[:ADDRESS_LENGTH]


@cache
def environment(language: str) -> Environment:
    """The templates in one language."""
    words = words_in(language)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "day": _day,
        "moment": _moment,
        "point": _point,
        "term": lambda code, kind=None: _term(words, code, kind),
        "readable": readable,
    }
    made.globals["static"] = static
    made.globals["step_title"] = lambda step: readable(step.step) if language == "en" else step.title
    return made


@cache
def static(name: str) -> str:
    """The address of a static file, with what its content digests to, so that browsers may keep it for long."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def _day(value: date | datetime | None) -> str:
    """A day, in Asia/Shanghai."""
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    return value.isoformat() if value else ""


def _point(uri: str | None) -> str:
    """A point in words; a text that says why there is none as it is."""
    try:
        return str(point_of(uri)) if uri else ""
    except ValueError:
        return uri or ""


def _moment(value: datetime | str | None) -> str:
    """A time to the minute, in Asia/Shanghai; also one that is written as the interface writes it."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if value else ""


def _term(words: Words, code: str | None, kind: str | None) -> str:
    """The title of a code: a member of a vocabulary, or its text with the vocabulary's name (`channel`)."""
    if code is None:
        return ""
    if isinstance(code, Code):
        return words.code(code)
    return words.code(_vocabularies()[kind or ""](code))


@cache
def _vocabularies() -> dict[str, type[Code]]:
    """Every vocabulary by its name in small letters: `petitioner_kind`, `stage`."""
    kinds: list[type[Code]] = [*Code.__subclasses__()]
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__).lstrip("_"): kind for kind in kinds}
