"""`huiying` as people run it: in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory

HUIYING = [sys.executable, "-m", "service.cli"]
PATIENCE = 90.0
ROOT = Path(__file__).parents[2]
READY = re.compile(r"ready: (http://\S+)")

# A server that has imported everything once forks the commands: importing takes longer than what most of them do.
COMMANDS = get_context("forkserver")
COMMANDS.set_forkserver_preload(["service.cli", __name__])


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """The environment without any setting of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUIYING_")} | (more or {})


def huiying(data_dir: Path, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `more` are environment variables."""
    line = ["huiying", *map(str, arguments), "--data-dir", str(data_dir)]
    with TemporaryDirectory(prefix="huiying-said-") as folder:
        out, told = Path(folder) / "out", Path(folder) / "told"
        process = COMMANDS.Process(target=_command, args=(line, environment(more), out, told))
        process.start()
        process.join(PATIENCE * 4)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(line, PATIENCE * 4)
        return subprocess.CompletedProcess(line, process.exitcode, out.read_text("utf-8"), told.read_text("utf-8"))


def _command(line: Sequence[str], settings: dict[str, str], out: Path, told: Path) -> None:
    """In a process of its own: what `python -m service.cli` does."""
    from service.cli import app

    for path, number in ((out, 1), (told, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.environ.clear()
    os.environ.update(settings)
    sys.argv = list(line)
    app()


def answer(data_dir: Path, *arguments: object, **more: str) -> str:
    """What a command that must succeed prints."""
    done = huiying(data_dir, *arguments, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(slots=True)
class Service:
    """A running `huiying serve` or `demo`."""

    process: subprocess.Popen[str]
    url: str
    said: list[str] = field(default_factory=list)

    def children(self) -> dict[int, str]:
        """Process ids and names of all that it started, and what those started."""
        return descendants(self.process.pid)

    def of(self, name: str) -> list[int]:
        """Its direct children whose command line has this word."""
        return [pid for pid in _children_of(self.process.pid) if name in command_line(pid)]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def running(data_dir: Path, *arguments: object, command: str = "serve", **more: str) -> Iterator[Service]:
    """The service, once it says that it is ready; killed at the end if it still runs."""
    line = [*HUIYING, command, "--data-dir", str(data_dir), "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=environment(more)
    )
    found: Queue[str] = Queue()
    service = Service(process, "")

    def listen() -> None:
        assert process.stdout is not None
        for text in process.stdout:
            service.said.append(text)
            if ready := READY.search(text):
                found.put(ready[1])
        found.put("")

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    try:
        service.url = found.get(timeout=PATIENCE)
        assert service.url, "".join(service.said)
        yield service
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        listening.join(PATIENCE)


def descendants(pid: int) -> dict[int, str]:
    """Everything below a process: process ids and command lines."""
    found: dict[int, str] = {}
    for child in _children_of(pid):
        found[child] = command_line(child)
        found |= descendants(child)
    return found


def alive(pids: dict[int, str]) -> list[str]:
    """Which of these processes still run."""
    return [line for pid, line in pids.items() if line and command_line(pid) == line]


def eventually(condition: object, patience: float = PATIENCE) -> bool:
    """Whether a function comes to say yes."""
    assert callable(condition)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def command_line(pid: int) -> str:
    """A process's command line; empty when it has ended, collected or not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def _children_of(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text("ascii").split())
        except OSError:
            continue
    return found
