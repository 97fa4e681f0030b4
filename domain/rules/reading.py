"""From a TOML file that a person edits to raw content, and from what is wrong back to its place in the file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from domain.rules.checks import BadRulebook, Problem

ZH = {
    "missing": "缺少此项",
    "extra_forbidden": "没有这一项，请检查拼写",
    "enum": "不在允许的取值之内",
    "string_pattern_mismatch": "代码格式不对（字母、数字和 . _ -）",
    "string_too_short": "不能为空",
    "string_too_long": "过长",
    "string_type": "须为带引号的文字",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "bool_type": "须为 true 或 false",
    "bool_parsing": "须为 true 或 false",
    "date_type": "须为日期，如 2027-01-01",
    "date_from_datetime_parsing": "须为日期，如 2027-01-01",
    "greater_than_equal": "数值过小",
    "less_than_equal": "数值过大",
    "tuple_type": "须为方括号列表",
    "too_short": "至少一项",
    "model_type": "须为一张表",
    "dict_type": "须为一张表",
}
"""What pydantic's kinds of error mean to the person who edits the file; its English text stands beside it."""

Table = dict[str, object]


def read(text: str) -> Table:
    """Parse TOML; a syntax error names its line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRulebook([Problem("TOML", "语法错误", str(error))]) from None


def explained(error: ValidationError, raw: Table) -> BadRulebook:
    """The same errors, each with its path in the file and in both languages."""
    return BadRulebook(problem for detail in error.errors(include_url=False) for problem in _problems(detail, raw))


def _problems(detail: Mapping[str, Any], raw: Table) -> Iterator[Problem]:
    """One error of pydantic, or all that the check across tables found."""
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, BadRulebook):
        yield from cause.problems
        return
    path = _path(detail["loc"], raw)
    if isinstance(cause, ValueError):
        zh, _, en = str(cause).partition(" / ")
        yield Problem(path, zh, en)
    else:
        yield Problem(path, ZH.get(detail["type"], "不合要求"), detail["msg"])


def _path(loc: tuple[str | int, ...], raw: object) -> str:
    """A place in the file: rows by their code or else their number from 1: `units[U1].kind`, `limits[#3].days`."""
    path, here = "", raw
    for step in loc:
        if isinstance(step, int) and isinstance(here, list):
            here = here[step]
            code = here.get("code") if isinstance(here, dict) else None
            path += f"[{code if isinstance(code, str) else f'#{step + 1}'}]"
        elif step != "[key]":
            here = here.get(str(step)) if isinstance(here, dict) else None
            path += f".{step}" if path else str(step)
    return path
