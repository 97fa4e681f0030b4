"""`huiying`: the command line."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import psycopg
import typer
from pydantic import ValidationError

from domain.errors import DomainError
from domain.rules.checks import BadRulebook
from service.commands import clocks, exchange, keeping, papers, people, reporting, rules, serving
from service.commands.opening import BAD_INPUT, FAILED, UNAVAILABLE, terminal
from service.embedded import DatabaseUnavailable
from service.importing import BadMap, told
from service.logs import configure
from service.settings import BadSetting, Settings
from service.store import StoreFailed
from service.tables import BadTable
from service.vault import VaultError

CODES = """退出码 / exit codes: 0 完成 done · 1 被拒绝或有差异 refused, or differences found · 2 输入有误 bad input ·
3 仅封存未删除 restricted, not erased · 4 数据库不可用 no database · 130 中断 interrupted"""

BAD: tuple[type[Exception], ...] = (BadMap, BadTable, BadRulebook, BadSetting)


class Application(typer.Typer):
    """A Typer application that tells expected failures in words."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it; ends the process."""
        try:
            _quiet_logs()
            return super().__call__(*args, **kwargs)
        except KeyboardInterrupt:
            _end("已中断 / interrupted", 130)
        except DomainError as error:
            named = "" if "field" in error.facts or not error.loc else f"{'.'.join(map(str, error.loc))}: "
            _end(f"{named}{error.text('zh')} / {error.text('en')}", FAILED)
        except ValidationError as error:
            _end("; ".join(told(error)), BAD_INPUT)
        except BAD as error:
            _end(str(error), BAD_INPUT)
        except (DatabaseUnavailable, VaultError) as error:
            _end(str(error), UNAVAILABLE)
        except OSError as error:
            _end(f"{error.filename or ''}: {error.strerror}", BAD_INPUT)
        except (StoreFailed, psycopg.Error) as error:
            # A database's own message may quote what was to be stored.
            code = getattr(error, "sqlstate", None) or ""
            _end(f"数据库错误 / the database failed: {type(error).__name__} {code}".rstrip(), UNAVAILABLE)


def _quiet_logs() -> None:
    """A command on a terminal tells what matters itself; its parts only log what goes wrong."""
    configure(Settings.read({"HUIYING_LOG_LEVEL": "warning", **os.environ}))
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)  # standard output is for what the command answers


def _end(text: str, code: int) -> None:
    terminal.print(f"错误 / error: {text}", style="red", markup=False)
    sys.exit(code)


app = Application(
    name="huiying",
    help="回应：街道民情办理 / petition handling for a sub-district office",
    epilog=CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (clocks, serving, exchange, reporting, keeping, people, rules, papers):
    group.register(app)

if __name__ == "__main__":
    app()
