"""`rulebook`: units, areas, categories, limits and calendars, from a file that a person can edit."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from domain.rulebook import RulebookContent, differences
from service.administration import adopt_rulebook, calendars_in, publish_calendar
from service.commands.opening import BAD_INPUT, FAILED, DataDir, fail, opened, print_table, settings_of, terminal
from service.importing import told
from service.parts import Parts
from service.tick import settle

FileArgument = Annotated[Path, typer.Argument(help="TOML 文件 / file", exists=True, dir_okay=False, readable=True)]


class Codes(StrEnum):
    """The tables of the rulebook that have codes."""

    UNITS = "units"
    AREAS = "areas"
    CATEGORIES = "categories"
    WINDOWS = "windows"
    BODIES = "bodies"


rulebook = typer.Typer(no_args_is_help=True, help="规则手册 / the rulebook")


@rulebook.command("load")
def load(
    file: FileArgument,
    note: Annotated[str, typer.Option("--note", help="修订说明 / what was changed and why")] = "",
    data_dir: DataDir = None,
) -> None:
    """导入规则手册，形成新版本；只输出版本号 / adopt a file as the next version; prints the version alone."""
    content = _read(file)
    with opened(settings_of(data_dir)) as parts:
        version = adopt_rulebook(parts, content, note or f"导入 {file.name}")
        _settle(parts)
    typer.echo(version)


@rulebook.command("show")
def show(data_dir: DataDir = None) -> None:
    """概览现行规则手册 / the rulebook in force, in outline."""
    with opened(settings_of(data_dir)) as parts:
        in_force = parts.rulebooks.current()
    content = in_force.content
    table = Table("项 item", "内容 content", title=f"{content.office.name}  第 {in_force.version} 版", title_style="")
    table.add_row("街道 office", f"{content.office.code}  {content.office.name}")
    table.add_row("单位 units", "、".join(f"{unit.code} {unit.name}" for unit in content.units))
    table.add_row("区域 areas", str(len(content.areas)))
    table.add_row("类别 categories", str(len(content.categories)))
    table.add_row(
        "渠道 channels", "、".join(channel.zh for channel, rules in content.channels.items() if rules.enabled)
    )
    table.add_row("窗口 windows", "、".join(f"{one.code} {one.name}" for one in content.windows))
    table.add_row("时限 limits", str(len(content.limits)))
    table.add_row("另行公布的年份 calendars", "、".join(map(str, content.calendars)) or "–")
    table.add_row("保存天数 retention days", str(content.retention_days))
    print_table(table)


@rulebook.command("codes")
def codes(
    table: Annotated[Codes, typer.Argument(help="哪一张表 / which table")] = Codes.UNITS, data_dir: DataDir = None
) -> None:
    """逐行列出一张表的代码和名称，停用的除外 / list one table's codes and names; those given up are left out."""
    with opened(settings_of(data_dir)) as parts:
        content = parts.rulebooks.current().content
    for entry in getattr(content, table.value):
        if getattr(entry, "replaced_by", None) is None:
            above = getattr(entry, "superior", None) or getattr(entry, "parent", None)
            typer.echo(f"{entry.code}\t{entry.name}\t{above or ''}".rstrip())


@rulebook.command("diff")
def diff(file: FileArgument, data_dir: DataDir = None) -> None:
    """与现行版本比较；有差异时退出码为 1 / compare a file with the one in force."""
    content = _read(file)
    with opened(settings_of(data_dir)) as parts:
        in_force = parts.rulebooks.current()
    changes = differences(in_force.content, content)
    for path, old, new in changes:
        typer.echo(f"{path}: {'–' if old is None else old} → {'–' if new is None else new}")
    if changes:
        raise typer.Exit(FAILED)
    terminal.print("相同 / no difference")


@rulebook.command("calendar")
def calendar(file: FileArgument, data_dir: DataDir = None) -> None:
    """公布放假安排；文件写法同规则手册的 [calendars.年份] / enter a year's days off and make-up days."""
    try:
        calendars = calendars_in(file.read_text("utf-8"))
    except (ValidationError, ValueError) as error:
        told_why = "; ".join(told(error)) if isinstance(error, ValidationError) else str(error)
        fail(f"{file}: {told_why}", BAD_INPUT)
    if not calendars:
        fail(f"{file}: 没有 [calendars.年份] / holds no [calendars.YEAR]", BAD_INPUT)
    with opened(settings_of(data_dir)) as parts:
        for year, notice in calendars.items():
            version = publish_calendar(parts, year, notice)
            terminal.print(f"{year} 年放假安排已公布，规则手册第 {version} 版 / version {version}", markup=False)
        _settle(parts)


def _settle(parts: Parts) -> None:
    """Have the files' due dates follow the calendars at once, rather than at the next tick."""
    done = settle(parts)
    if done.recomputed:
        text = (
            f"{done.recomputed} 件的期限已按新公布的放假安排重算 / due dates of {done.recomputed} files counted again"
        )
        terminal.print(text, markup=False)


def _read(file: Path) -> RulebookContent:
    try:
        return RulebookContent.from_toml(file.read_text("utf-8"))
    except UnicodeDecodeError:
        fail(f"{file}: 须为 UTF-8 编码 / must be UTF-8", BAD_INPUT)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(rulebook, name="rulebook")
