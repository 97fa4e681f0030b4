"""`serve`, `demo`, `url`: the service and everything it needs, under one parent."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from service import embedded
from service.children import BACKLOG
from service.commands.opening import BAD_INPUT, UNAVAILABLE, DataDir, fail, settings_of, terminal, with_some_rulebook
from service.logs import configure
from service.metrics import shared_by_workers
from service.migrations import migrate
from service.parts import Parts
from service.parts import opened as put_together
from service.settings import Settings
from service.supervisor import Child, Database, Supervisor, answers

TABLE_WIDTH = 130
"""A token that is cut off at the terminal's edge would be of no use."""

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where to knock, not where to listen

PLAIN_HTTP = (
    "警告：监听的地址其他机器可以访问，但未设置 https 的 HUIYING_PUBLIC_URL：经 http 打开的页面无法登录。"
    "请在前面设置带证书的反向代理（ops/runbooks/proxy.md）\n"
    "warning: other machines can reach this address, but HUIYING_PUBLIC_URL names no https address: nobody can sign in "
    "over plain http; put a proxy with a certificate before it (ops/runbooks/proxy.md)"
)

Port = Annotated[int | None, typer.Option(help="端口，默认 8000；0 为任选 / port, 0 for any free one")]
Host = Annotated[str | None, typer.Option(help="监听地址，默认 127.0.0.1 / address to listen on")]
Workers = Annotated[int | None, typer.Option(help="网页进程数，默认 1 / web processes")]


def serve(data_dir: DataDir = None, port: Port = None, host: Host = None, workers: Workers = None) -> None:
    """启动服务：数据库、投影、网页，一条命令 / everything from one command, also on an empty folder.

    Ctrl-C 或 SIGTERM 依次停止全部；再按一次立即停止。
    """
    run(settings_of(data_dir, port=port, host=host, workers=workers), with_some_rulebook)


def demo(data_dir: DataDir = None, port: Port = None, host: Host = None, workers: Workers = None) -> None:
    """启动演示：样例规则手册、各角色账号、各环节的虚构民情 / the service with invented petitions."""
    from service.demo import NotADemo, prepare, table

    def seeded(parts: Parts) -> None:
        try:
            Console(stderr=True, width=TABLE_WIDTH).print(table(prepare(parts, settings)))
        except NotADemo:
            fail(
                "此数据目录已有正式数据，演示请另用空目录 / this folder holds real data; use an empty one for a demo",
                BAD_INPUT,
            )

    settings = settings_of(data_dir, port=port, host=host, workers=workers)
    run(settings, seeded)


def url(data_dir: DataDir = None) -> None:
    """打印正在运行的数据库的地址，供 psql 等工具使用 / the running database's URL, for psql and other tools."""
    settings = settings_of(data_dir)
    found = settings.database_url or embedded.find_running(settings.data_dir)
    if not found:
        fail("数据库没有在运行，请先 huiying serve / no database runs here; start huiying serve", UNAVAILABLE)
    typer.echo(found)


def run(settings: Settings, prepare: Callable[[Parts], None]) -> None:
    """Start everything, prepare what must be there, and stay until told to stop."""
    configure(settings)
    with ExitStack() as stack:
        listening = stack.enter_context(_listening(settings.host, settings.port))
        stack.enter_context(_sigterm_is_ctrl_c())
        if not settings.for_this_machine_only and not settings.public_url.startswith("https://"):
            terminal.print(PLAIN_HTTP, style="yellow", markup=False)
        database = None
        if not settings.database_url:
            terminal.print(f"正在启动数据库 / starting the database in {settings.data_dir.resolve()} …", markup=False)
            start = partial(embedded.start, settings.data_dir)
            running = start()
            database = Database(start, running)
            stack.callback(database.stop)
            settings = replace(settings, database_url=running.url)
        migrate(settings.database_url)
        with put_together(settings.database_url, settings) as parts:
            prepare(parts)
        _supervise(settings, listening, database)


def _supervise(settings: Settings, listening: socket.socket, database: Database | None) -> None:
    port: int = listening.getsockname()[1]
    host = EVERYWHERE.get(settings.host, settings.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    environment, descriptor = settings.environment(), listening.fileno()
    if settings.workers > 1:
        environment |= shared_by_workers(settings.data_dir.resolve() / "metrics")
    children = [Child("runner", ["runner"], environment), Child("jobs", ["jobs"], environment)]
    children += [
        Child(f"web-{number}", ["web", str(descriptor)], environment, [descriptor])
        for number in range(1, settings.workers + 1)
    ]
    Supervisor(
        children,
        database,
        ready=lambda: answers(host, port, "/readyz"),
        told=lambda: typer.echo(
            f"回应已就绪 / Huiying is ready: {address}\n"
            f"登录 / sign in: {address}/sign-in  （接口文档 / API: {address}/docs）"
        ),
    ).run()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """The socket that all workers share; it takes connections from now on, so that none is refused in between."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        _not_listening(host, port, error)
    with listening:
        yield listening


def _not_listening(host: str, port: int, error: OSError) -> NoReturn:
    if error.errno == errno.EADDRINUSE:
        fail(f"端口 {port} 已被占用，请用 --port 另选 / port {port} is in use; choose another with --port", BAD_INPUT)
    if error.errno == errno.EACCES:
        fail(f"无权使用端口 {port} / no permission for port {port}; choose one above 1023", BAD_INPUT)
    fail(f"无法监听 {host}:{port} / cannot listen there: {error.strerror}", BAD_INPUT)


@contextmanager
def _sigterm_is_ctrl_c() -> Iterator[None]:
    """While things are being started, both signals leave by the same way: whatever has begun is undone."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (serve, demo, url):
        app.command()(command)
