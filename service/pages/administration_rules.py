"""管理 · 规则: the rulebook's versions, what differs between two, adopting the next one, and the years' calendars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from domain.errors import DomainError, NoRulebook, TooLarge
from domain.rulebook import RulebookContent, differences
from domain.rules.checks import BadRulebook
from service.administration import (
    Version,
    adopt_rulebook,
    calendars_in,
    publish_calendar,
    rulebook_versions,
    try_rulebook,
)
from service.asked.given import AdminOf, PartsOf, RequestId
from service.importing import told
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import uploads
from service.pages.screen import language_of, page, redirect, words_of
from service.parts import Parts

RULEBOOK, CALENDARS = "/administration/rulebook", "/administration/calendars"
MOST_TEXT = 2 * 1024 * 1024
MOST_CHANGES = 500

router = APIRouter(route_class=StaffPage, include_in_schema=False)
Number = Annotated[int | None, Query(ge=1, le=10**9)]


@dataclass(slots=True)
class Tried:
    """What became of a file that was only checked, or refused."""

    problems: list[str] = field(default_factory=list)
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)
    fine: bool = False


@router.get(RULEBOOK)
def rulebook(request: Request, parts: PartsOf, caller: AdminOf, old: Number = None, new: Number = None) -> Response:
    """The versions, and what differs between two of them."""
    return _rulebook(request, parts, Tried(), old=old, new=new)


@router.post(RULEBOOK)
def adopt(request: Request, parts: PartsOf, caller: AdminOf, request_id: RequestId, form: FormOf) -> Response:
    """Check a file, or put it in force as the next version."""
    tried, words = Tried(), words_of(request)
    note = str(form.get("note", "")).strip()[:1000]
    content = _content(form, tried, language_of(request))
    if content is not None:
        try:
            try_rulebook(parts, content)
            if form.get("do") == "adopt":
                if not note:
                    tried.problems.append(words.gettext("请填写修订说明"))
                else:
                    version = adopt_rulebook(parts, content, note, caller=caller, request_id=request_id)
                    told_next = words.gettext("规则手册第%(version)s版已生效") % {"version": version}
                    return redirect(request, RULEBOOK, told_next)
            tried.changes = differences(parts.rulebooks.current().content, content)[:MOST_CHANGES]
            tried.fine = not tried.problems
        except DomainError as error:
            tried.problems.append(error.text(language_of(request)))
    return _rulebook(request, parts, tried, status=422 if tried.problems else 200)


@router.get(CALENDARS)
def calendars(request: Request, parts: PartsOf, caller: AdminOf) -> Response:
    """The years whose days off were published with the rulebook, and the form for another one."""
    return _calendars(request, parts, [])


@router.post(CALENDARS)
def publish(request: Request, parts: PartsOf, caller: AdminOf, request_id: RequestId, form: FormOf) -> Response:
    """Enter the notices of one or more years; due dates that they touch are computed anew."""
    problems: list[str] = []
    text = _text(form, problems)
    years = []
    try:
        found = calendars_in(text) if text else {}
        if text and not found:
            problems.append("文件中没有 [calendars.年份] / the file holds no [calendars.YEAR]")
        for year, notice in found.items():
            publish_calendar(parts, year, notice, caller=caller, request_id=request_id)
            years.append(str(year))
    except ValidationError as error:
        problems += told(error)
    except ValueError as error:
        problems.append(str(error))
    except DomainError as error:
        problems.append(error.text(language_of(request)))
    if problems:
        return _calendars(request, parts, problems, 422)
    return redirect(request, CALENDARS, words_of(request).gettext("已公布：%(years)s") % {"years": ", ".join(years)})


def _text(form: FormData, problems: list[str]) -> str:
    """The text of the uploaded file; empty where there is none that can be read, which `problems` then tells."""
    files = uploads(form, "file")
    content = files[0].file.read(MOST_TEXT + 1) if files else b""
    if len(content) > MOST_TEXT:
        raise TooLarge(limit=MOST_TEXT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append("文件须为 UTF-8 编码 / the file must be UTF-8")
        return ""
    if not text.strip():
        problems.append("请选择 TOML 文件 / choose a TOML file")
    return text


def _content(form: FormData, tried: Tried, language: str) -> RulebookContent | None:
    text = _text(form, tried.problems)
    if not text:
        return None
    try:
        return RulebookContent.from_toml(text)
    except BadRulebook as error:
        tried.problems += [str(problem) for problem in error.problems]
    return None


def _rulebook(
    request: Request,
    parts: Parts,
    tried: Tried,
    *,
    old: int | None = None,
    new: int | None = None,
    status: int = 200,
) -> Response:
    versions = rulebook_versions(parts)
    known = {one.number: one for one in versions}
    after = known.get(new or (versions[0].number if versions else 0))
    before = known.get(old or (after.number - 1 if after else 0))
    return page(
        request,
        "administration_rulebook.html",
        status=status,
        versions=versions,
        before=before,
        after=after,
        changes=_grouped(before, after),
        tried=tried,
        most=MOST_CHANGES,
    )


def _grouped(before: Version | None, after: Version | None) -> dict[str, list[tuple[str, Any, Any]]]:
    """What differs, by table."""
    grouped: dict[str, list[tuple[str, Any, Any]]] = {}
    if before is None or after is None:
        return grouped
    for path, old, new in differences(before.content, after.content)[:MOST_CHANGES]:
        table = path.partition("[")[0].partition(".")[0]
        grouped.setdefault(table, []).append((path.removeprefix(table).removeprefix("."), old, new))
    return grouped


def _calendars(request: Request, parts: Parts, problems: list[str], status: int = 200) -> Response:
    try:
        known = parts.rulebooks.current().content.calendars
    except NoRulebook:
        known = {}
    return page(request, "administration_calendars.html", status=status, calendars=known, problems=problems)
