"""`report`: a report pack of a period, as a workbook and as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.errors import UnknownStaff
from projections.sight import Sight
from service.commands.opening import BAD_INPUT, DataDir, existing, fail, opened, wait_for_projections
from service.reporting.kinds import WORDS, Kind

PERIODS = "；".join(f"{kind.value} {words.example}" for kind, words in WORDS.items())


def report(
    *,
    period: Annotated[str, typer.Option("--period", help=f"报告期 / the period: {PERIODS}")],
    kind: Annotated[Kind, typer.Option("--kind", help="、".join(f"{kind.value} {kind.zh}" for kind in Kind))],
    out: Annotated[
        Path, typer.Option("--out", help="输出文件（.xlsx 或 .docx），或存放两者的目录 / a file, or a folder for both")
    ],
    as_staff: Annotated[
        str | None, typer.Option("--as", help="按某人的可见范围；不写为机关内部发布 / as this person sees it")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """生成统计报告 / a report pack: figures by channel, nature, category, community and unit."""
    from service.reporting.content import report_of
    from service.reporting.packs import FORMATS, name_of

    wanted = [out.suffix.lower().removeprefix(".")] if out.suffix else list(FORMATS)
    if not set(wanted) <= set(FORMATS):
        fail("--out 须为 .xlsx、.docx 或目录 / --out is an .xlsx, a .docx or a folder", BAD_INPUT)
    with opened(existing(data_dir)) as parts:
        sight = Sight()
        if as_staff is not None:
            caller = parts.access.of_staff(as_staff, "cli")
            if not caller.reads_files:
                raise UnknownStaff(("as",))
            sight = caller.sight
        wait_for_projections(parts)
        content = report_of(parts, kind, period, sight)
    for one in wanted:
        file = out if out.suffix else out / name_of(content, one)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(FORMATS[one][0](content))
        typer.echo(str(file))


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("report")(report)
