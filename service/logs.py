"""Logs: one JSON object per line, with the request's id, and never with personal data.

What a person wrote or who they are can reach a log through the message of an exception (a validation error quotes its
input, a database error its parameters), through a traceback's last line, or through another library's log line. So of
an exception only its kind and its places in the code are written, and of other libraries' lines only the text that
stands in their code, without what it would be filled with.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from service.settings import Settings

TRUSTED = ("uvicorn",)
"""Libraries whose lines may be filled in: they tell of addresses and process ids."""

LOOK_EVERY = 1.0
"""Seconds between two looks whether the log's file is still in its place."""
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
OPAQUE_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONG_NUMBER = re.compile(r"[0-9]{7}")
"""What a request id that a caller sends must look like."""


def configure(settings: Settings) -> None:
    """Send all logs of this process to standard output, or to the settings' file (which may be moved away, as logrotate
    does). To be called once, by the process's own entry point.
    """
    out = Lines(settings.log_file)
    level = settings.log_level.upper()
    logging.basicConfig(handlers=[Foreign(out)], level=level, force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    structlog.configure(
        processors=[_named, *PROCESSORS],
        logger_factory=lambda name="root": Own(out, name),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _on_exception
    threading.excepthook = _on_thread_exception


def places(error: BaseException) -> dict[str, Any]:
    """What may be told of an exception: its kind, that of its causes, and where in the code it happened."""
    kinds = [type(one).__name__ for one in _causes(error)]
    return {"error": kinds[0], "causes": kinds[1:], "at": list(_frames(error.__traceback__))}


def request_id(given: str | None) -> str | None:
    """The id that a caller sent, if it is fit to be written into a log and into events: nobody's telephone, say."""
    if given is None or not SAFE_ID.fullmatch(given):
        return None
    return given if OPAQUE_ID.fullmatch(given) or not LONG_NUMBER.search(given) else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _frames(trace: TracebackType | None) -> Iterator[str]:
    for frame, line in walk_tb(trace):
        yield f"{Path(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}"


class Lines:
    """Where lines go: standard output, or a file that may be moved away. One write for a line, whole; thread-safe."""

    def __init__(self, file: Path | None) -> None:
        """Open the file."""
        self._file, self._looked = file, 0.0
        self._lock = threading.Lock()
        self._descriptor = 1
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = self._opened(file)

    def write(self, line: bytes) -> None:
        """Write a line without its end. A file that is not in its place any more is made anew, once a second."""
        with self._lock:
            if self._file is None:
                print(line.decode(), file=sys.stdout, flush=True)  # noqa: T201 - whatever stands for it now
                return
            if (now := time.monotonic()) - self._looked > LOOK_EVERY:
                self._looked = now
                self._look(self._file)
            os.write(self._descriptor, line + b"\n")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._descriptor)
                self._file = None

    def _look(self, file: Path) -> None:
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._descriptor), file.stat()):
                return
        os.close(self._descriptor)
        self._descriptor = self._opened(file)

    @staticmethod
    def _opened(file: Path) -> int:
        return os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


@dataclass(frozen=True, slots=True)
class Own:
    """What our own lines are written to. It knows whose they are, which `_named` writes into them."""

    out: Lines
    name: str

    def msg(self, line: bytes) -> None:
        """Write a line, whatever its level."""
        self.out.write(line)

    debug = info = warning = error = critical = msg


class Foreign(logging.Handler):
    """Takes the lines of other libraries, which know the standard library's logging only."""

    def __init__(self, out: Lines) -> None:
        """Write to the same place as our own."""
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; one that cannot be filled in is told by its logger's name."""
        try:
            text = _of_their_code(record)
        except Exception:
            text = record.name
        line: Any = {"event": text, "logger": record.name, "exc_info": record.exc_info}
        for process in PROCESSORS:
            line = process(self, record.levelname.lower(), line)
        self._out.write(line)

    def close(self) -> None:
        """Let go of the file."""
        self._out.close()
        super().close()


def _named(logger: Own, name: str, event: EventDict) -> EventDict:
    """Say whose line it is."""
    event["logger"] = logger.name
    return event


def _plain(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Make a line safe: exceptions become kinds and places."""
    error = _exception(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if error is not None:
        event.update(places(error))
    return event


def _of_their_code(record: logging.LogRecord) -> str:
    """Another library's line without what it is filled with; a line that was put together before is not told at all."""
    if record.name.startswith(TRUSTED):
        return record.getMessage()
    return str(record.msg) if record.args else record.name


def _exception(given: object) -> BaseException | None:
    """The exception in whatever form it was handed over."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return next((part for part in given if isinstance(part, BaseException)), None)
    return sys.exception() if given is True else None


def _render(logger: WrappedLogger, name: str, event: EventDict) -> bytes:
    """The line. A value of a kind that JSON does not have is named by its kind."""
    return orjson.dumps(event, default=_kind, option=orjson.OPT_NON_STR_KEYS)


def _kind(value: object) -> str:
    return type(value).__name__


PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _plain,
    _render,
]
"""What makes a line of what is to be told, ours and that of other libraries."""


def _on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An exception that ends the process."""
    structlog.get_logger("process").critical("process_failed", exc_info=error.with_traceback(trace))


def _on_thread_exception(given: threading.ExceptHookArgs) -> None:
    """An exception that ends a thread."""
    if given.exc_value is not None:
        structlog.get_logger("process").critical("thread_failed", exc_info=given.exc_value)
