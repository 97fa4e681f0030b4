"""Letters on paper: templates, numbers, and filling the one with what the event says.

A template is the office's own file in the folder of templates, called after the letter (`受理告知书.docx`), or the one
that the product brings. Every template that a letter was issued with is kept, so that a reprint is the same letter.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, TypeGuard
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

from domain.errors import BrokenTemplate, UnknownLetter
from domain.kernel import Letterhead
from domain.letters import LetterNumbered, LetterSeries
from domain.petition.command import Taken
from domain.petition.events.receiving import LetterIssued
from domain.petition.receiving_letters import IssueLetter, IssueOrder
from service.append import StreamWrite
from service.letter_layout import DOSSIER, LAYOUTS
from service.letter_paper import bytes_of
from service.store import Store

KEEP = "INSERT INTO letter_templates (digest, name, content) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
KEPT = "SELECT content FROM letter_templates WHERE digest = %s"
NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
TAGS = re.compile(r"<[^>]+>")
LONGEST_PLACE = 80
"""Characters of a template that an error quotes."""

Fill = Callable[[str], str]


@cache
def default_template(name: str) -> bytes:
    """The template that the product brings for a paper of this name."""
    return bytes_of(LAYOUTS[name]())


def issues_letter(command: BaseModel | None) -> TypeGuard[IssueLetter | IssueOrder]:
    """Whether a command issues a letter."""
    return isinstance(command, IssueLetter | IssueOrder)


class Templates:
    """The office's templates in a folder, and the product's where the office has none of its own."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read before it is needed; the folder need not exist."""
        self.folder = folder

    def read(self, name: str) -> bytes:
        """The template in force for a paper of this name, such as 受理告知书."""
        own = self.folder / f"{name}.docx"
        return own.read_bytes() if own.is_file() else default_template(name)


class Letters:
    """Numbers, keeps and prints letters; thread-safe. `prefix`: the office's word in numbers, empty for its code."""

    def __init__(
        self, store: Store, pool: ConnectionPool[Connection[TupleRow]], templates: Templates, prefix: str = ""
    ) -> None:
        """Take the parts it works with."""
        self._store = store
        self._pool = pool
        self._templates = templates
        self._prefix = prefix

    def head(self, command: BaseModel | None, today: date) -> Letterhead:
        """What the letter that a command issues will be printed with; its number is still to be won."""
        if not issues_letter(command):
            return Letterhead()
        kind, _, _ = command.wanted()
        given = self._store.version_of(LetterSeries(kind, today.year).stream)
        return Letterhead(given + 1, self._prefix, sha256(self._templates.read(kind.zh)).hexdigest())

    def numbered(self, number: str, taken: Taken) -> list[StreamWrite]:
        """What issuing a letter writes beside the file: its series gives the number, or the whole append is stale.

        Raises `BrokenTemplate` where the letter cannot be printed; then it gets no number.
        """
        writes = []
        for fact in taken.facts:
            if isinstance(fact, LetterIssued):
                template = self._templates.read(fact.kind.zh)
                if sha256(template).hexdigest() == fact.template:
                    with self._pool.connection() as connection:
                        connection.execute(KEEP, (fact.template, fact.kind.zh, template))
                self.printed(fact, str)
                series = LetterSeries(fact.kind, taken.context.today.year)
                given = LetterNumbered(file=number, letter=fact.id)
                writes.append(
                    StreamWrite(series.stream, taken.context.letterhead.serial - 1, (given,), taken.context.now)
                )
        return writes

    def printed(self, fact: LetterIssued, fill: Fill) -> bytes:
        """The letter as .docx; `fill` turns a text of the file into what the reader may read.

        Raises `UnknownLetter` for one whose content was erased, and `BrokenTemplate`.
        """
        if not isinstance(fact.content, str):
            raise UnknownLetter
        with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(KEPT, (fact.template,)).fetchone()
        if row is None:
            raise BrokenTemplate(template=f"{fact.kind.zh}.docx", place="-", reason=f"sha256 {fact.template[:12]}…")
        return filled(bytes(row[0]), filled_in(json.loads(fact.content), fill), f"{fact.kind.zh}.docx")

    def bound(self, values: Mapping[str, object]) -> bytes:
        """A whole file as .docx, by the template in force. Raises `BrokenTemplate`."""
        return filled(self._templates.read(DOSSIER), filled_in(values, str), f"{DOSSIER}.docx")


def filled_in(value: Any, fill: Fill) -> Any:
    """The same values with every text as the reader may read it, and fit for a document."""
    if isinstance(value, str):
        return NOT_XML.sub("", fill(value))
    if isinstance(value, Mapping):
        return {key: filled_in(one, fill) for key, one in value.items()}
    return [filled_in(one, fill) for one in value] if isinstance(value, list) else value


def filled(template: bytes, values: Mapping[str, object], name: str) -> bytes:
    """The template with these values in it. Raises `BrokenTemplate` naming the template and the place in it."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    written = BytesIO()
    try:
        document = DocxTemplate(BytesIO(template))
        document.render(dict(values), environment, autoescape=True)
        document.save(written)
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError, OSError) as error:
        raise BrokenTemplate(template=name, place="-", reason=f"not a .docx: {type(error).__name__}") from None
    except (TemplateError, TypeError, ArithmeticError) as error:
        place = _place(error, template)
        raise BrokenTemplate(template=name, place=place, reason=_words(error)) from None
    return written.getvalue()


def _words(error: Exception) -> str:
    """What is wrong, in the template's own terms; the values that were filled in are never part of it."""
    return str(error.message) if isinstance(error, TemplateError) and error.message else type(error).__name__


def _place(error: Exception, template: bytes) -> str:
    """The paragraph of the template at which it went wrong, as it stands there."""
    line = getattr(error, "lineno", None)
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == "<template>":
            line = frame.lineno
    document = DocxTemplate(BytesIO(template))
    document.init_docx()
    lines = re.sub(r"<w:p([ >])", r"\n<w:p\1", document.patch_xml(document.get_xml())).splitlines()
    words = TAGS.sub("", lines[line - 1]) if line and line <= len(lines) else ""
    return words.strip()[:LONGEST_PLACE] or "-"
