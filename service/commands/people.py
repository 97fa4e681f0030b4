"""`staff` and `token`: who works here, in which roles, and by which secrets they sign in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from domain.errors import UnknownStaff
from domain.kernel import SHANGHAI, day_of
from domain.staff import (
    TWO_PEOPLE,
    AddStaff,
    EndDeputy,
    EndRole,
    GrantRole,
    NameDeputy,
    StaffCommand,
    StaffLeaves,
)
from domain.staff_access import UnlockAccount
from domain.vocabulary import STAFF_ROLES, Role
from projections.staff import directory
from service import tokens
from service.accounts import give_password, issue_token, revoke_token, unlock
from service.administration import grant_or_ask, new_staff_id, staff_steps
from service.commands.opening import (
    BAD_INPUT,
    DataDir,
    fail,
    opened,
    print_table,
    settings_of,
    terminal,
    wait_for_projections,
)
from service.parts import Parts

PERSONAL_ROLES = tuple(role for role in Role if role in STAFF_ROLES)

ALONE = (
    "注意：尚无管理员，已直接授予并记入审计轨迹；此后须由管理员在页面批准\n"
    "note: there is no administrator yet, so it was granted, and it is on record; from now on one approves it"
)
ASKED = (
    "已提出申请：须由一名管理员在页面批准（管理 → 该人员）后生效\n"
    "asked for: it holds once an administrator has approved it on the person's page"
)

StaffIdOption = Annotated[str, typer.Option("--staff", help="人员编号 / staff id")]
StaffIdArgument = Annotated[str, typer.Argument(help="人员编号 / staff id", metavar="STAFF")]
RoleOption = Annotated[
    Role, typer.Option("--role", help="、".join(f"{role.value} {role.zh}" for role in PERSONAL_ROLES))
]
UnitOption = Annotated[str | None, typer.Option("--unit", help="承办单位代码 / unit code of the rulebook")]
Since = Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="起始日，默认今天 / first day")]
Until = Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="截止日 / last day")]

staff = typer.Typer(no_args_is_help=True, help="工作人员与角色 / members of staff and their roles")
token = typer.Typer(no_args_is_help=True, help="访问令牌 / API tokens")


@staff.command("add")
def add(
    *,
    name: Annotated[str, typer.Option("--name", help="姓名（加密保存）/ name, stored sealed")],
    role: RoleOption,
    unit: UnitOption = None,
    since: Since = None,
    staff_id: Annotated[str | None, typer.Option("--id", help="自定编号 / an id of your own choice")] = None,
    data_dir: DataDir = None,
) -> None:
    """添加人员并授予一个角色；只输出编号 / add a person with a role; prints the id alone."""
    with opened(settings_of(data_dir)) as parts:
        chosen = staff_id or new_staff_id()
        first = GrantRole(role=role, unit=unit, since=_day(since) or _today(parts), until=None)
        _grant(parts, chosen, first, AddStaff(name=name))
        wait_for_projections(parts)
    typer.echo(chosen)


@staff.command("grant")
def grant(
    *,
    staff_id: StaffIdArgument,
    role: RoleOption,
    unit: UnitOption = None,
    since: Since = None,
    until: Until = None,
    data_dir: DataDir = None,
) -> None:
    """再授予一个角色；已有管理员时，监督委员会和管理员角色只提出申请 / grant another role, or ask for it."""
    with opened(settings_of(data_dir)) as parts:
        begin = _day(since) or _today(parts)
        _grant(parts, staff_id, GrantRole(role=role, unit=unit, since=begin, until=_day(until)))
        wait_for_projections(parts)


@staff.command("end")
def end(
    staff_id: StaffIdArgument,
    role: Annotated[Role | None, typer.Option("--role", help="不写：离任 / none: leaves altogether")] = None,
    unit: UnitOption = None,
    until: Until = None,
    data_dir: DataDir = None,
) -> None:
    """解除一个角色，或离任；--until 为最后一日，默认今天 / end a role, or the person leaves."""
    with opened(settings_of(data_dir)) as parts:
        last = _day(until) or _today(parts)
        _take(parts, staff_id, EndRole(role=role, unit=unit, until=last) if role else StaffLeaves(on=last))


@staff.command("deputy")
def deputy(
    *,
    staff_id: StaffIdArgument,
    principal: Annotated[str, typer.Option("--for", help="被代理人编号 / stands in for this person")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="截止日 / last day")],
    since: Since = None,
    stop: Annotated[bool, typer.Option("--end", help="终止代理 / end it instead")] = False,
    data_dir: DataDir = None,
) -> None:
    """指定某人代理同事 / let a person stand in for a colleague."""
    with opened(settings_of(data_dir)) as parts:
        begin, last = _day(since) or _today(parts), until.date()
        naming = NameDeputy(principal=principal, since=begin, until=last)
        _take(parts, staff_id, EndDeputy(principal=principal, until=last) if stop else naming)


@staff.command("password")
def password(staff_id: StaffIdArgument, data_dir: DataDir = None) -> None:
    """给出首个或重置的登录密码；只输出密码，仅此一次，首次登录须修改 / a first password, printed this once."""
    with opened(settings_of(data_dir)) as parts:
        given = give_password(parts, staff_id)
    typer.echo(given)


@staff.command("unlock")
def unlock_account(staff_id: StaffIdArgument, data_dir: DataDir = None) -> None:
    """解除登录锁定 / open an account that was locked after failed tries."""
    with opened(settings_of(data_dir)) as parts:
        unlock(parts, staff_id)
    terminal.print(f"{UnlockAccount.title}：{staff_id}", markup=False)


@staff.command("list")
def list_staff(data_dir: DataDir = None) -> None:
    """列出人员与角色，不含姓名 / everybody's roles, without names."""
    table = Table("编号 id", "角色 role", "单位 unit", "自 since", "至 until", "代理 stands in for")
    with opened(settings_of(data_dir)) as parts:
        wait_for_projections(parts)
        with parts.pool.connection() as connection:
            members = directory(connection)
    for member in members:
        stands_in = "、".join(f"{one.principal} {one.since}–{one.until}" for one in member.stands_in)
        for held in member.roles:
            until = min(filter(None, (held.until, member.left_on)), default=None)
            cells = (Role(held.role).zh, held.unit or "", str(held.since), str(until or ""), stands_in)
            table.add_row(member.staff, *cells)
    print_table(table)


@token.command("create")
def create(staff_id: StaffIdOption, data_dir: DataDir = None) -> None:
    """新建令牌；只输出令牌，仅此一次 / make a token and print it, this once."""
    with opened(settings_of(data_dir)) as parts:
        secret = issue_token(parts, staff_id)
    typer.echo(secret)


@token.command("list")
def list_tokens(data_dir: DataDir = None) -> None:
    """列出令牌，不含令牌本身 / every token, without the secret."""
    table = Table("令牌编号 id", "人员 staff", "建立 created", "撤销 revoked")
    with opened(settings_of(data_dir)) as parts, parts.pool.connection() as connection:
        for one in tokens.listed(connection):
            table.add_row(str(one.id), one.staff, _local(one.created_at), _local(one.revoked_at))
    print_table(table)


@token.command("revoke")
def revoke(
    token_id: Annotated[UUID, typer.Argument(help="令牌编号 / token id", metavar="ID")], data_dir: DataDir = None
) -> None:
    """撤销令牌 / revoke a token."""
    with opened(settings_of(data_dir)) as parts:
        try:
            revoke_token(parts, token_id)
        except UnknownStaff:
            fail("没有此有效令牌 / no valid token has this id", BAD_INPUT)
    terminal.print("已撤销，一秒内在各进程生效 / revoked; holds everywhere within a second")


def _grant(parts: Parts, staff_id: str, wanted: GrantRole, *before: StaffCommand) -> None:
    """Grant a role, or ask for it; say which, where it is one that takes two people."""
    asked = grant_or_ask(parts, staff_id, wanted, *before)
    if wanted.role in TWO_PEOPLE:
        terminal.print(ASKED if asked else ALONE, style="yellow", markup=False)
    else:
        terminal.print(f"{wanted.title}：{staff_id}", markup=False)


def _take(parts: Parts, staff_id: str, command: StaffCommand) -> None:
    staff_steps(parts, staff_id, command)
    wait_for_projections(parts)
    terminal.print(f"{command.title}：{staff_id}", markup=False)


def _today(parts: Parts) -> date:
    return day_of(parts.now())


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _local(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else ""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(staff, name="staff")
    app.add_typer(token, name="token")
