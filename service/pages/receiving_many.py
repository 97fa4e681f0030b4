"""受理台, many at once: a table is pasted or sent, looked through in a dry run, and then registered row by row."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from domain.errors import TooLarge, UnknownPetition
from domain.petition.intake import ReceivePetition
from domain.vocabulary import Channel, Nature
from service.access import Caller
from service.asked.given import PartsOf, ReaderOf, RequestId
from service.downloads import CSV, handed_out
from service.drafts import MOST_BYTES, is_draft_id, new_draft_id
from service.errors import Loc
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import uploads
from service.pages.screen import language_of, page
from service.parts import Parts
from service.proposing import allowed
from service.registering import MOST_ROWS, Row, columns_of, register, table_of
from service.tables import BadTable

router = APIRouter(route_class=StaffPage, include_in_schema=False)
FORM = "many-"
MOST_FILE = MOST_BYTES // 2
SHARED: Mapping[str, Loc] = {
    "nature": ("nature",),
    "meeting": ("source", "meeting"),
    "held_on": ("source", "held_on"),
    "site": ("source", "site"),
    "backdated_because": ("backdated_because",),
}
"""What may be said once for all rows, by the form's field."""
ChannelOf = Annotated[Channel, Query()]


@router.get("/intake/many")
def ask(request: Request, caller: ReaderOf, channel: ChannelOf = Channel.SYMPOSIUM) -> Response:
    """Where a table is pasted or sent."""
    allowed(caller, ReceivePetition)
    return _page(request, channel, dict.fromkeys(SHARED, ""))


@router.get("/intake/many/columns.csv")
def columns(channel: ChannelOf) -> Response:
    """An empty table with the channel's headings, to be filled in."""
    text = io.StringIO()
    csv.writer(text).writerow([column.heading for column in columns_of(channel)])
    return handed_out(text.getvalue().encode("utf-8-sig"), CSV, f"{channel}.csv")


@router.post("/intake/many")
def look_through(
    request: Request,
    parts: PartsOf,
    caller: ReaderOf,
    request_id: RequestId,
    form: FormOf,
) -> Response:
    """Say what would come of every row. The table is kept, sealed, for who sent it, until it is registered."""
    allowed(caller, ReceivePetition)
    channel, shared = _channel(form), {name: str(form.get(name) or "").strip() for name in SHARED}
    try:
        sent = _sent(form)
        rows = _register(parts, caller, channel, shared, sent, dry_run=True, request_id=request_id)
    except BadTable as error:
        return _page(request, channel, shared, problem=_said(error, request), status=422)
    except TooLarge as error:
        return _page(request, channel, shared, problem=error.text(language_of(request)), status=error.status)
    key = new_draft_id()
    kept = ("pasted", sent) if isinstance(sent, str) else ("file", base64.b64encode(sent).decode())
    parts.drafts.save(caller.staff, key, FORM + channel, [kept, *shared.items()])
    return _page(request, channel, shared, rows=rows, key=key)


@router.post("/intake/many/register")
def carry_out(request: Request, parts: PartsOf, caller: ReaderOf, request_id: RequestId, form: FormOf) -> Response:
    """Register the rows that were looked through; what is there already stays as it is."""
    key = str(form.get("key") or "")
    kept = parts.drafts.find(caller.staff, key) if is_draft_id(key) else None
    if kept is None or not kept.form.startswith(FORM):
        raise UnknownPetition
    channel, said = Channel(kept.form.removeprefix(FORM)), dict(kept.fields)
    sent = said["pasted"] if "pasted" in said else base64.b64decode(said["file"])
    shared = {name: said.get(name, "") for name in SHARED}
    rows = _register(parts, caller, channel, shared, sent, dry_run=False, request_id=request_id)
    new = sum(row.outcome is not None and not row.there for row in rows)
    request.app.state.metrics.steps.labels("receive-petition").inc(new)
    return _page(request, channel, shared, rows=rows, key=key, done=True)


def _register(
    parts: Parts,
    caller: Caller,
    channel: Channel,
    shared: Mapping[str, str],
    sent: bytes | str,
    *,
    dry_run: bool,
    request_id: str,
) -> list[Row]:
    return register(
        parts.desk,
        caller,
        table_of(sent),
        channel,
        parts.rulebooks.current().content,
        shared={path: shared[name] for name, path in SHARED.items() if _fits(channel, path)},
        dry_run=dry_run,
        request_id=request_id,
    )


def _fits(channel: Channel, path: Loc) -> bool:
    """Whether a field that may be said for all rows is one of the channel's."""
    return path[0] != "source" or path in {column.path for column in columns_of(channel)}


def _channel(form: FormOf) -> Channel:
    given = form.get("channel")
    return Channel(given) if given in set(Channel) else Channel.SYMPOSIUM


def _sent(form: FormOf) -> bytes | str:
    """The file, or what was pasted; raises `TooLarge`, and `BadTable` where neither was given."""
    for one in uploads(form, "file"):
        content = one.file.read(MOST_FILE + 1)
        if len(content) > MOST_FILE:
            raise TooLarge(limit=MOST_FILE)
        return content
    pasted = str(form.get("pasted") or "").replace("\r\n", "\n").strip("\n")
    if not pasted.strip():
        raise BadTable("请粘贴表格或选择文件 / paste a table or choose a file")
    return pasted


def _said(error: BadTable, request: Request) -> str:
    """What is wrong with the table, in the reader's language."""
    zh, _, en = str(error).rpartition(" / ")
    return en if language_of(request) == "en" else zh


def _page(
    request: Request,
    channel: Channel,
    shared: Mapping[str, str],
    *,
    status: int = 200,
    problem: str = "",
    rows: list[Row] | None = None,
    key: str = "",
    done: bool = False,
) -> Response:
    return page(
        request,
        "receiving/many.html",
        status=status,
        channel=channel,
        channels=list(Channel),
        natures=list(Nature),
        columns=columns_of(channel),
        shared={name for name, path in SHARED.items() if _fits(channel, path)},
        said=shared,
        problem=problem,
        rows=rows,
        most=MOST_ROWS,
        key=key,
        done=done,
        fit=sum(not row.problems and not row.there for row in rows or ()),
        there=sum(row.there for row in rows or ()),
        refused=sum(bool(row.problems) for row in rows or ()),
    )
