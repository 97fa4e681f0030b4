"""What the kinds of validation error mean to whoever sent the request: what would be right, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from domain.vocabulary import Code


class Text(NamedTuple):
    """A message in Chinese and in English."""

    zh: str
    en: str


WHOLE_NUMBER = Text("须为整数", "must be a whole number")
YES_OR_NO = Text("须为 true 或 false", "must be true or false")
DAY = Text("须为日期，如 2026-11-22", "must be a date, such as 2026-11-22")
TIME = Text("须为时间，如 2026-11-22T09:30:00+08:00", "must be a time, such as 2026-11-22T09:30:00+08:00")
LIST = Text("须为列表", "must be a list")
OBJECT = Text("须为对象，如 {{…}}", "must be an object, {{…}}")
NOT_VALID = Text("不合要求", "is not valid")

MESSAGES: Mapping[str, Text] = {
    "missing": Text("必须填写", "is required"),
    "string_type": Text("须为文字", "must be text"),
    "string_too_short": Text("至少{min_length}个字", "must have at least {min_length} characters"),
    "string_too_long": Text("最多{max_length}个字", "must have at most {max_length} characters"),
    "string_unicode": Text("含有无效字符", "holds characters that are not valid Unicode"),
    "finite_number": WHOLE_NUMBER,
    "greater_than_equal": Text("不得小于 {ge}", "must be {ge} or more"),
    "less_than_equal": Text("不得大于 {le}", "must be {le} or less"),
    "too_short": Text("至少{min_length}项", "must have at least {min_length} items"),
    "too_long": Text("最多{max_length}项", "must have at most {max_length} items"),
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "dict_type": OBJECT,
    "timezone_aware": TIME,
}
"""By pydantic's kind of error; `{…}` is filled from the rule, never from what was sent."""

FAMILIES: Mapping[str, Text] = {
    "int_": WHOLE_NUMBER,
    "bool_": YES_OR_NO,
    "datetime_": TIME,
    "date_": DAY,
    "tuple_": LIST,
    "list_": LIST,
    "set_": LIST,
    "frozen_set_": LIST,
}
"""Kinds of error that mean the same, by how they begin."""

CODE = Text("须为代码：字母、数字和 . _ -，最多64位", "must be a code: letters, digits and . _ -, at most 64")
SHAPES: Mapping[str, Text] = {
    "phone": Text("须为电话号码：数字，可含 + - 空格", "must be a telephone number: digits, with + - and spaces"),
    "id_number": Text("须为证件号码：5至32位字母、数字", "must be an identity number: 5 to 32 letters and digits"),
    "digest": Text("须为64位十六进制摘要", "must be a digest of 64 hexadecimal digits"),
    "form": Text("须为 letter（来信）或 visit（来访）", "must be letter or visit"),
    "Idempotency-Key": Text("须为1至200个可见字符", "must be 1 to 200 visible ASCII characters"),
    "principal": Text("须为卷宗编号，如 HY-2026-000001", "must be the number of a file, such as HY-2026-000001"),
    "concluded_by": Text("须为卷宗编号，如 HY-2026-000001", "must be the number of a file, such as HY-2026-000001"),
    "arises_from": Text("须为卷宗编号，如 HY-2026-000001", "must be the number of a file, such as HY-2026-000001"),
}
"""What a field that has a pattern takes, by its name; any other pattern is that of a code."""


def message(error: Mapping[str, Any], hint: str = "") -> Text:
    """What would be right; `hint` is the known field that an unknown one comes near to."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return _own_words(str(context["error"]))
    if kind in {"enum", "literal_error"}:
        return _options(context["expected"])
    if kind == "extra_forbidden":
        zh, en = (f"，是否应为 {hint}", f"; did you mean {hint}?") if hint else ("", "")
        return Text(f"有未知的字段{zh}", f"there is an unknown field{en}")
    if kind == "string_pattern_mismatch":
        return SHAPES.get(str(error["loc"][-1]), CODE)
    known = MESSAGES.get(kind) or next((text for start, text in FAMILIES.items() if kind.startswith(start)), NOT_VALID)
    return Text(known.zh.format(**context), known.en.format(**context))


def _own_words(told: str) -> Text:
    """A validator of ours speaks both languages, `中文 / English` in either order; others only say that it is wrong."""
    first, slash, second = told.partition(" / ")
    if not slash:
        return NOT_VALID
    return Text(second, first) if re.search("[一-鿿]", second) else Text(first, second)


def _options(expected: str) -> Text:
    """The allowed codes, in Chinese each with its title."""
    codes = re.findall(r"'([^']*)'", expected)
    titles = _titles().get(frozenset(codes), {})
    named = "、".join(f"{code}（{titles[code]}）" if code in titles else code for code in codes)
    return Text(f"须为以下之一：{named}", f"must be one of: {', '.join(codes)}")


@cache
def _titles() -> Mapping[frozenset[str], Mapping[str, str]]:
    """The titles of a vocabulary's codes, by the codes."""
    return {frozenset(kind): {code.value: code.zh for code in kind} for kind in Code.__subclasses__()}
