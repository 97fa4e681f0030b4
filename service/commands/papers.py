"""`letter` and `dossier`: papers in the name of a member of staff, and the templates for an office to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.petition.receiving_letters import IssueLetter, IssueOrder
from domain.vocabulary import LetterKind
from service.access import Caller
from service.commands.opening import BAD_INPUT, DataDir, fail, opened, settings_of, terminal
from service.erasure import member
from service.letter_layout import LAYOUTS
from service.letters import default_template
from service.parts import Parts

letter = typer.Typer(name="letter", help="文书 / letters", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="卷宗编号 / the file's number")]
By = Annotated[str, typer.Option("--by", help="经办人编号 / staff id of who prints")]
Out = Annotated[Path, typer.Option("--out", help="写入此文件 / to this file", dir_okay=False)]


@letter.command("issue")
def issue(
    *,
    number: Number,
    kind: Annotated[
        LetterKind, typer.Argument(help="；".join(f"{one.value} {one.zh}" for one in LetterKind), show_choices=False)
    ],
    by: By,
    about: Annotated[
        str | None, typer.Option("--about", help="单位、督办或文书 / a unit, an order or another letter")
    ] = None,
    out: Out,
    data_dir: DataDir = None,
) -> None:
    """出具文书并打印 / issue a letter under the next number of its series, and print it."""
    command = (
        IssueOrder(about=about or "o1")
        if kind is LetterKind.ORDER
        else IssueLetter.model_validate({"kind": kind, "about": about})
    )
    with opened(settings_of(data_dir)) as parts:
        caller = member(parts, by)
        before = set(parts.papers.letters(caller, number)[0])
        parts.desk.take(caller, number, command, request_id="cli")
        new = [name for name in parts.papers.letters(caller, number)[0] if name not in before]
        _print(parts, caller, number, new[-1], out)


@letter.command("print")
def print_again(
    *,
    number: Number,
    name: Annotated[str, typer.Argument(help="文书编号，如 reply-2026-3 / the letter's id")],
    by: By,
    out: Out,
    data_dir: DataDir = None,
) -> None:
    """再次打印已出具的文书 / print a letter again; it is the same letter."""
    with opened(settings_of(data_dir)) as parts:
        _print(parts, member(parts, by), number, name, out)


@letter.command("templates")
def templates(
    out: Annotated[Path, typer.Option("--out", help="写入此文件夹 / to this folder", file_okay=False)],
) -> None:
    """导出全部文书模板，供修改 / write the product's templates, for the office to edit."""
    there = [name for name in LAYOUTS if (out / f"{name}.docx").exists()]
    if there:
        fail(f"已有同名文件，未改动：{'、'.join(there)} / these are there already; nothing was written", BAD_INPUT)
    out.mkdir(parents=True, exist_ok=True)
    for name in LAYOUTS:
        (out / f"{name}.docx").write_bytes(default_template(name))
    terminal.print(f"{len(LAYOUTS)} 个模板 / templates: {out}", markup=False)


def dossier(*, number: Number, by: By, out: Out, data_dir: DataDir = None) -> None:
    """打印整卷 / print the whole file (卷宗)."""
    with opened(settings_of(data_dir)) as parts:
        out.write_bytes(parts.papers.dossier(member(parts, by), number, request_id="cli"))
    terminal.print(str(out), markup=False)


def _print(parts: Parts, caller: Caller, number: str, name: str, out: Path) -> None:
    out.write_bytes(parts.papers.letter(caller, number, name, request_id="cli"))
    typer.echo(name)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(letter, name="letter")
    app.command()(dossier)
