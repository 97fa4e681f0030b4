"""`due` and `tick`: why a due date is what it is, and what the service does by itself at an instant."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from domain.clocks import Calendar, Limit, count
from domain.derivation import derivation
from domain.errors import NoRulebook
from domain.kernel import SHANGHAI
from domain.rules.content import RulebookContent
from domain.vocabulary import Clock, DueShift
from service.commands.opening import FAILED, DataDir, existing, fail, is_kept, opened, settings_of, terminal
from service.tick import tick as take_tick

DAY = ["%Y-%m-%d"]
INSTANT = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]

DONE = {
    "recomputed": "重算期限 due dates counted again",
    "announced": "到期提醒 announced on their day",
    "reminded": "催办 reminders",
    "ordered": "督办 supervision orders",
    "raised": "升级督办 levels raised",
    "refused": "未执行 refused by the file",
}


def due(
    start: Annotated[datetime, typer.Option("--from", formats=DAY, help="起算日，当日不计 / the day it starts")],
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="天数 / how many days")],
    working: Annotated[bool, typer.Option("--working", help="按工作日计，否则按日 / count working days")] = False,
    data_dir: DataDir = None,
) -> None:
    """推算到期日并说明理由 / the due date of a limit, and why.

    有规则手册时用其放假安排，否则用内置的 / over the office's calendars if there is a rulebook, else the built-in ones.
    """
    rulebook: RulebookContent | None = None
    if is_kept(settings := settings_of(data_dir)):
        with opened(settings) as parts, suppress(NoRulebook):
            rulebook = parts.rulebooks.current().content
    calendar = rulebook.calendar if rulebook else Calendar()
    found = count(
        start.date(),
        Limit(days=days, working=working, rule="-"),
        calendar,
        clock=Clock.HANDLE,
        rulebook_version=0,
        shift=rulebook.holiday_moves_due if rulebook else DueShift.REST_DAY,
    )
    typer.echo(f"{derivation(found, calendar, '起算', 'zh')}。日历：{calendar.edition}")
    typer.echo(f"{derivation(found, calendar, 'from', 'en')}. Calendar: {calendar.edition}")


def tick(
    at: Annotated[
        datetime | None, typer.Option("--at", formats=INSTANT, help="以此时刻为准，默认现在 / as at this instant")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """执行到期处理：重算、提醒、催办、督办 / do what is due: the same that the service does every ten minutes.

    --at 供演练：当作此刻运行，所生事件即以此时刻记录 / --at is for trials: events are recorded at that very instant.
    """
    settings = existing(data_dir)
    moment = at.replace(tzinfo=SHANGHAI).astimezone(UTC) if at is not None else None
    with opened(settings, at=moment) as parts:
        done = take_tick(parts)
    if done is None:
        fail("另一次到期处理正在进行 / another tick is running", FAILED)
    for name, title in DONE.items():
        typer.echo(f"{name}\t{getattr(done, name)}\t{title}")
    if moment is not None:
        terminal.print(f"以 {at:%Y-%m-%d %H:%M} 为准 / as at that instant", markup=False)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(due)
    app.command()(tick)
