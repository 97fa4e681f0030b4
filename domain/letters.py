"""Numbers of letters (文号): a series for each kind and year, without a gap.

A series is a stream of its own in which the n-th event gives out the number n, so the store's rule that versions have
no gap and no double is the rule of the series too.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from domain.kernel import Aggregate, Event, Recorded, registered
from domain.vocabulary import LetterKind

MARKS: dict[LetterKind, str] = {
    LetterKind.ACCEPTANCE: "受告",
    LetterKind.DECLINE: "不受告",
    LetterKind.REFERRAL: "转",
    LetterKind.ASSIGNMENT: "交",
    LetterKind.EXTENSION: "延告",
    LetterKind.REPLY: "答",
    LetterKind.ORDER: "督",
    LetterKind.FOLLOW_UP: "访",
    LetterKind.SERVICE: "送",
}
"""The word in a number (机关代字) that tells one series from another."""


@registered
class LetterNumbered(Event):
    """文书编号: the series gave its next number, which is this event's version, to a letter of this file."""

    TOPIC: ClassVar[str] = "letters.numbered"
    file: str
    letter: str


class LetterSeries(Aggregate):
    """One series: how many numbers it gave is its version."""

    def __init__(self, kind: LetterKind, year: int) -> None:
        """Start before the first number."""
        super().__init__(series_stream(kind, year))

    def evolve(self, recorded: Recorded) -> None:
        """Count; nothing else is asked of a series."""


def series_stream(kind: LetterKind, year: int) -> str:
    """The stream of a series."""
    return f"letters:{kind}:{year}"


def letter_id(kind: LetterKind, year: int, serial: int) -> str:
    """What names a letter in addresses: `reply-2026-3`."""
    return f"{kind}-{year}-{serial}"


def letter_number(prefix: str, kind: LetterKind, year: int, serial: int) -> str:
    """The number as it is printed: 禾街答〔2026〕3号 (GB/T 9704: year in full, no leading zeros)."""
    return f"{prefix}{MARKS[kind]}〔{year}〕{serial}号"


_DIGITS = "〇一二三四五六七八九"


def chinese_day(day: date) -> str:
    """A day as official documents write it: 2026年9月18日."""
    return f"{day.year}年{day.month}月{day.day}日"


def formal_day(day: date) -> str:
    """A day in Chinese numerals, as it stands under a seal: 二〇二六年九月十八日."""
    year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{_counted(day.month)}月{_counted(day.day)}日"


def _counted(number: int) -> str:
    """A number from 1 to 31 as it is spoken: 十, 十八, 二十, 三十一."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")
