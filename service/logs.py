"""Logs: one JSON object per line, with the request's id, and never with personal data.

What a person wrote or who they are can reach a log through the message of an exception (a validation error quotes its
input, a database error its parameters), through a traceback's last line, or through another library's log line. So of
an exception only its kind and its places in the code are written, and of other libraries' lines only the text that
stands in their code, without what it would be filled with.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterator
from logging.handlers import WatchedFileHandler
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

OURS = "_from_structlog"
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
OPAQUE_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONG_NUMBER = re.compile(r"[0-9]{7}")
"""What a request id that a caller sends must look like."""


def configure(settings: Settings) -> None:
    """Send all logs of this process to standard output, or to the settings' file (which may be moved away, as logrotate
    does). To be called once, by the process's own entry point.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stdout)
    if settings.log_file is not None:
        settings.log_file.parent.mkdir(parents=True, exist_ok=True)
        handler = WatchedFileHandler(settings.log_file, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[_plain, structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *SHARED],
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.add_logger_name, *SHARED, _wrapped],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _on_exception
    threading.excepthook = _on_thread_exception


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


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


def _wrapped(logger: WrappedLogger, name: str, event: EventDict) -> tuple[tuple[EventDict], dict[str, Any]]:
    """Hand our own line on to the handler."""
    return structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, name, event)


def _plain(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Make a line safe: exceptions become kinds and places, other libraries' lines the text of their code."""
    error = _exception(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if error is not None:
        event.update(places(error))
    if not event[OURS]:
        event["event"] = _of_their_code(event["_record"], event.pop("positional_args", ()))
    return event


def _of_their_code(record: logging.LogRecord, filling: Any) -> str:
    """Another library's line without what it is filled with; a line that was put together before is not told at all."""
    if record.name.startswith(TRUSTED):
        return str(record.msg) % filling if filling else str(record.msg)
    return str(record.msg) if filling else record.name


def _exception(given: object) -> BaseException | None:
    """The exception in whatever form it was handed over."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return next((part for part in given if isinstance(part, BaseException)), None)
    return sys.exception() if given is True else None


def _render(logger: WrappedLogger, name: str, event: EventDict) -> str:
    """The line. A value of a kind that JSON does not have is named by its kind."""
    return orjson.dumps(event, default=lambda value: type(value).__name__, option=orjson.OPT_NON_STR_KEYS).decode()


def _on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An exception that ends the process."""
    structlog.get_logger("process").critical("process_failed", exc_info=error.with_traceback(trace))


def _on_thread_exception(given: threading.ExceptHookArgs) -> None:
    """An exception that ends a thread."""
    if given.exc_value is not None:
        structlog.get_logger("process").critical("thread_failed", exc_info=given.exc_value)
