"""`rebuild`, `check`, `erase`: keeping what is stored right."""

from __future__ import annotations

import os
from collections import Counter
from typing import Annotated, get_args

import psycopg
import typer

from domain.kernel import SHANGHAI
from domain.vocabulary import ErasureGround
from projections.catalogue import PROJECTIONS
from projections.projection import Poisoned
from service.check import check as differences
from service.commands.opening import (
    BAD_INPUT,
    FAILED,
    RESTRICTED,
    DataDir,
    database,
    existing,
    fail,
    opened,
    progress,
    terminal,
    wait_for_projections,
)
from service.erasure import ErasureList, Remains, Result, clear_away, replay
from service.erasure import erase as erase_data
from service.parts import Parts
from service.parts import opened as put_together
from service.rebuild import AlreadyRebuilding
from service.rebuild import rebuild as build_anew
from service.settings import Settings
from service.vault import Vault


def rebuild(
    names: Annotated[list[str] | None, typer.Argument(help="投影名，不写为全部 / projections; none: all")] = None,
    data_dir: DataDir = None,
) -> None:
    """由事件重建投影；服务可照常运行 / build projections anew from the events, while the service runs."""
    known = {projection.name: projection for projection in PROJECTIONS}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        fail(f"没有此投影：{'、'.join(unknown)}；有 / there are: {', '.join(known)}", BAD_INPUT)
    wanted = [known[name] for name in names or known]
    settings = existing(data_dir)
    with database(settings) as url, put_together(url, settings) as parts:
        os.nice(settings.runner_nice)  # as the runner does; a helper stands back with it
        try:
            with progress("重建 rebuild") as bar:
                build_anew(url, parts.store, wanted, bar)
        except AlreadyRebuilding as error:
            fail(f"另一进程正在重建 {error} / another process is rebuilding it")
        except Poisoned as error:
            fail(f"{error}；原有投影保持不变 / the live tables stay as they are")
    typer.echo(f"rebuilt: {', '.join(projection.name for projection in wanted)}")


def check(data_dir: DataDir = None) -> None:
    """重放全部事件，与投影、卷宗、编号逐一核对；有差异时退出码为 1 / replay everything and compare."""
    with opened(existing(data_dir)) as parts:
        wait_for_projections(parts)
        with psycopg.connect(parts.url, autocommit=True) as connection, progress("核对 check") as bar:
            found = differences(parts.store, connection, progress=lambda part, done, total: bar(done, total))
        last = parts.store.last_position()
    for difference in found:
        typer.echo(str(difference))
    if found:
        fail(f"{len(found)} 处差异 / differences")
    typer.echo(f"no difference: {last} events, {len(PROJECTIONS)} projections")


def erase(
    *,
    number: Annotated[str | None, typer.Argument(help="卷宗编号 / the file's number")] = None,
    petitioner: Annotated[
        str | None, typer.Option("--petitioner", help="信访人，如 p1；不写为整卷 / none: all")
    ] = None,
    ground: Annotated[
        ErasureGround | None, typer.Option("--ground", help="；".join(f"{one.value} {one.zh}" for one in ErasureGround))
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="理由 / reason")] = "",
    by: Annotated[str, typer.Option("--by", help="申请人编号 / staff id of who asks")] = "",
    approved_by: Annotated[str, typer.Option("--approved-by", help="批准人编号 / staff id of who approves")] = "",
    repeat: Annotated[
        bool, typer.Option("--replay", help="恢复备份后重新执行全部删除 / repeat all erasures after a restore")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """删除个人信息（《个人信息保护法》第四十七条），须两人 / erase personal data; it takes two people.

    未办结或保存期未满的，只封存，退出码为 3 / while open or retained it is restricted instead, exit code 3.
    """
    settings = existing(data_dir)
    if repeat:
        _replay(settings)
        return
    if not (number and ground and reason and by and approved_by):
        needed = "NUMBER --ground --reason --by --approved-by"
        fail(f"须填写 / needed: {needed}", BAD_INPUT)
    with opened(settings) as parts:
        done = erase_data(parts, number, petitioner, ground=ground, reason=reason, by=by, approved_by=approved_by)
        wait_for_projections(parts)
        if done == "erased":
            _tell_erased(parts, settings)
    if done == "restricted":
        terminal.print(
            "未办结或保存期未满：已封存，未删除；删除申请已记录，期满后由另一人批准即可\n"
            "open, or its retention runs: restricted, not erased; the request stands and waits for its day",
            style="yellow",
        )
        raise typer.Exit(RESTRICTED)
    typer.echo(f"erased: {number} {petitioner or '(whole file)'}")


def _tell_erased(parts: Parts, settings: Settings) -> None:
    erasures = ErasureList(settings.data_dir)
    erasures.collect(parts.url, Vault(settings.read_master_key()))
    terminal.print(f"密钥已销毁，已记入 / key destroyed, listed in {erasures.path}", markup=False)
    terminal.print(_where_it_remains(clear_away(parts.url)), markup=False)


def _where_it_remains(remains: Remains) -> str:
    backups = (
        "此前的备份和备库仍含被主密钥加密的旧密钥：最迟一份备份何时销毁，请查备份计划；"
        "恢复备份后须立即执行 huiying erase --replay\n"
        "backups and archived WAL from before now still hold the wrapped key until they expire (see your backup plan); "
        "after a restore run huiying erase --replay"
    )
    if remains.segments is None or remains.oldest is None:
        log = "请数据库管理员查看 pg_ls_waldir() / ask pg_ls_waldir() as an administrator which WAL segments are left"
    else:
        since = f"{remains.oldest.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        log = (
            f"WAL：尚有 {remains.segments} 段，最早写于 {since}，随检查点循环覆盖\n"
            f"WAL: {remains.segments} segments are left, the oldest from {since}; they are reused as checkpoints go on"
        )
    table = (
        "密钥表尚有旧数据：有更早开始的事务未结束，结束后请再执行 huiying erase --replay\n"
        "the table of keys still holds it: an older transaction runs; when it has ended run huiying erase --replay\n"
    )
    return f"{table if remains.table else ''}{log}\n{backups}"


def _replay(settings: Settings) -> None:
    results: Counter[Result] = Counter()
    with opened(settings) as parts:
        for done in replay(parts, ErasureList(settings.data_dir)):
            results[done.result] += 1
            typer.echo(f"{done.entry.number} {done.entry.petitioner or '(whole file)'}: {done.result}")
        wait_for_projections(parts)
        clear_away(parts.url)
    counted = ", ".join(f"{results[result]} {result}" for result in get_args(Result))
    typer.echo(f"{results.total()} listed: {counted}")
    if kept := results["keys dropped"]:
        fail(
            f"{kept} 件只销毁了密钥（恢复的卷宗不容许删除步骤）；请执行 huiying rebuild 清除脱敏信息 / "
            f"{kept} could only lose their keys; run huiying rebuild to clear what is masked",
            FAILED,
        )


def sweep(data_dir: DataDir = None) -> None:
    """清除上传后一天内未使用的附件；定时任务也会执行 / throw away uploads that nobody attached within a day."""
    with opened(existing(data_dir)) as parts:
        typer.echo(f"swept: {parts.papers.sweep()}")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (rebuild, check, sweep, erase):
        app.command()(command)
