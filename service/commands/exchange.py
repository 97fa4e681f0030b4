"""`import` and `export`: ledgers in and out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from domain.errors import Busy, UnknownStaff
from domain.petition.stages import Stage
from domain.vocabulary import Channel
from projections.sight import Sight
from service.commands.opening import (
    BAD_INPUT,
    FAILED,
    DataDir,
    existing,
    fail,
    opened,
    progress,
    settings_of,
    terminal,
    with_some_rulebook,
)
from service.commands.opening import wait_for_projections as caught_up
from service.importing import Entry, Importer, Refused, read_map, told
from service.parts import Parts
from service.tables import Table, harmless

SHOWN = 20
"""Refused rows told on the terminal; the report has them all."""

REPORT = ("row", "field", "reason")


class Format(StrEnum):
    """Kinds of file that can be written."""

    CSV = "csv"
    XLSX = "xlsx"


def import_(
    file: Annotated[Path, typer.Argument(help="台账：csv、csv.gz、xlsx", exists=True, dir_okay=False)],
    map_file: Annotated[
        Path, typer.Option("--map", help="列对照表（TOML），样例 ops/samples/replies.toml", exists=True)
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入 / check all, write nothing")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="退回清单（csv）/ refused rows, to a file")] = None,
    data_dir: DataDir = None,
) -> None:
    """导入旧台账；可重复执行，不会重复建档 / take an old ledger over as history; safe to repeat."""
    map_ = read_map(map_file)
    table = Table(file, delimiter=map_.delimiter, encoding=map_.encoding, sheet=map_.sheet, header_row=map_.header_row)
    with ExitStack() as stack:
        parts = stack.enter_context(opened(settings_of(data_dir), heavy=True))
        if not dry_run:
            with_some_rulebook(parts)
        parts.rulebooks.current()
        lines = _Report(report, stack)
        with progress("导入 import") as bar:
            importer = Importer(map_, _poster(parts, dry_run), lines.add)
            total = len(table) if terminal.is_terminal else 0
            importer.progress = lambda: bar(importer.tally.settled, total)
            try:
                tally = importer.run(table)
            except Busy:
                fail("系统繁忙，请稍后重试，已导入的不会重复 / the service is busy; run it again, nothing comes twice")
        caught_up(parts)
    if tally.cleaned:
        terminal.print(f"{tally.cleaned} 行含控制字符，已替换为空格 / rows had control characters, now spaces")
    if lines.told > SHOWN and report is None:
        terminal.print(f"另有 {lines.told - SHOWN} 条，用 --report 查看 / more reasons; see them with --report")
    if dry_run:
        terminal.print("试运行，未写入任何内容 / dry run: nothing was written")
    typer.echo(str(tally))
    if tally.refused:
        raise typer.Exit(FAILED)


def _poster(parts: Parts, dry_run: bool) -> Callable[[Entry], bool]:
    """What is done with a row; it says whether the row was there already."""
    if dry_run:
        return lambda entry: parts.desk.try_import(entry.petition, entry.reply, request_id="import")
    return lambda entry: parts.desk.import_petition(entry.petition, entry.reply, request_id="import").replayed


class _Report:
    """Tells of refused rows: the first on the terminal, all in a file where one is named."""

    def __init__(self, path: Path | None, stack: ExitStack) -> None:
        """Open the file, which is closed with the stack."""
        self.told = 0
        self._file = None
        if path is not None:
            self._file = csv.writer(stack.enter_context(path.open("w", encoding="utf-8-sig", newline="")))
            self._file.writerow(REPORT)

    def add(self, refused: Refused) -> None:
        """One reason for one row."""
        self.told += 1
        if self._file is not None:
            self._file.writerow([refused.row, harmless(refused.field), harmless(refused.reason)])
        if self.told <= SHOWN:
            terminal.print(f"第 {refused.row} 行 / row {refused.row}  {refused.field}: {refused.reason}", markup=False)


export = typer.Typer(no_args_is_help=True, help="导出 / export")


@export.command("ledger")
def ledger(
    *,
    file: Annotated[Path, typer.Argument(help="输出文件 / file to write", dir_okay=False)],
    format_: Annotated[Format | None, typer.Option("--format", help="不写则看文件名 / default: as it is named")] = None,
    as_staff: Annotated[
        str | None, typer.Option("--as", help="按某人的可见范围；不写为监督委员会 / as this person sees it")
    ] = None,
    channel: Annotated[Channel | None, typer.Option(help="渠道 / channel")] = None,
    stage: Annotated[Stage | None, typer.Option(help="环节 / stage")] = None,
    unit: Annotated[str | None, typer.Option(help="单位及其下级 / unit and all below it")] = None,
    area: Annotated[str | None, typer.Option(help="区域及其下级 / area and all below it")] = None,
    category: Annotated[str | None, typer.Option(help="类别及其下级 / category and all below it")] = None,
    since: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="收到日起 / first day")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="收到日止 / last day")] = None,
    words: Annotated[str | None, typer.Option("--q", help="编号或文字 / number or words")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只要超期的 / only overdue")] = False,
    data_dir: DataDir = None,
) -> None:
    """导出台账（脱敏）/ the ledger as a table, personal data masked."""
    from service.asked.ledger import LedgerQuery
    from service.exporting import export_ledger

    if format_ is not None and file.suffix.lower() != f".{format_}":
        file = file.with_name(f"{file.name}.{format_}")
    if file.suffix.lower() not in {f".{one}" for one in Format}:
        fail("须写 --format csv 或 xlsx / give --format csv or xlsx", BAD_INPUT)
    filters = {
        "channel": channel,
        "stage": stage,
        "unit": unit,
        "area": area,
        "category": category,
        "from": since and since.date(),
        "to": until and until.date(),
        "q": words,
        "overdue": overdue,
    }
    try:
        asked = LedgerQuery.model_validate(filters)
    except ValidationError as error:
        fail("; ".join(told(error)), BAD_INPUT)
    with opened(existing(data_dir)) as parts:
        sight = Sight(committee=True)
        if as_staff is not None:
            caller = parts.access.of_staff(as_staff, "cli")
            if not caller.reads_files:
                raise UnknownStaff(("as",))
            sight = caller.sight
        caught_up(parts)
        written = export_ledger(parts, asked, sight, file).files
    typer.echo(f"{written} rows: {file}")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import")(import_)
    app.add_typer(export, name="export")
