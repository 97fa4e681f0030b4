"""Keyset paging: a cursor says after which key the next page begins, so that no page costs more than the first."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from domain.errors import Invalid

UNDATED = datetime(1900, 1, 1, tzinfo=UTC)
"""Where a file stands in an order by time when nobody stated when it came in: last."""

MAX_CURSOR = 400


@dataclass(frozen=True, slots=True)
class Cursor:
    """The key of the last row of a page: by which order, its value there, and what tells equal values apart."""

    order: str
    value: str
    rest: tuple[str, ...]

    def __str__(self) -> str:
        """The cursor as a caller gets it: opaque text that is safe in a URL."""
        plain = "\x1f".join((self.order, self.value, *self.rest))
        return urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str | None, *orders: str, rest: int = 1) -> Cursor | None:
        """The cursor that a caller sent back; Invalid naming `cursor` where this list never gave it out."""
        if text is None:
            return None
        try:
            plain = urlsafe_b64decode(text[:MAX_CURSOR] + "=" * (-len(text) % 4)).decode()
            order, value, *others = plain.split("\x1f")
        except ValueError:
            raise bad_cursor() from None
        if order not in orders or len(others) != rest or "\x00" in plain:
            raise bad_cursor()
        return cls(order, value, tuple(others))

    def instant(self) -> datetime:
        """The value as an instant; Invalid where it is none."""
        try:
            moment = datetime.fromisoformat(self.value)
        except ValueError:
            raise bad_cursor() from None
        if moment.tzinfo is None:
            raise bad_cursor()
        return moment

    def day(self) -> date:
        """The value as a day; Invalid where it is none."""
        try:
            return date.fromisoformat(self.value)
        except ValueError:
            raise bad_cursor() from None

    def whole(self) -> int:
        """The value as a position or an id; Invalid where it is none."""
        if not self.value.isascii() or not self.value.isdecimal() or len(self.value) > 18:
            raise bad_cursor()
        return int(self.value)


def bad_cursor() -> Invalid:
    """The refusal of a cursor that no page gave out."""
    return Invalid(
        ("cursor",),
        field="cursor",
        reason="请使用上一页返回的游标",
        reason_en="use the cursor that the page before gave",
    )


class Sql:
    """A statement put together from literal parts, with its parameters. Values never become part of the text."""

    def __init__(self) -> None:
        """Start without any condition."""
        self.conditions: list[str] = []
        self.parameters: dict[str, object] = {}

    def where(self, condition: str, parameters: Mapping[str, object] | None = None) -> None:
        """Add a condition."""
        self.conditions.append(condition)
        self.parameters.update(parameters or {})

    def __str__(self) -> str:
        """All conditions together."""
        return " AND ".join(self.conditions) or "true"
