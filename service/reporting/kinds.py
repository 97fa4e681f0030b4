"""Which reports there are, and which days each covers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from domain.errors import Invalid
from domain.vocabulary import Code
from projections.periods import ONE_DAY, By, Period, after, previous, start_of, year_before


class Kind(Code):
    """The kinds of report packs."""

    MONTHLY = "monthly", "月报"
    TWO_MONTHLY = "two_monthly", "双月报"
    HALF_YEARLY = "half_yearly", "半年报"
    YEARLY = "yearly", "年报"


class Words(NamedTuple):
    """How a kind is cut, how its periods are written, and what the text calls the present one."""

    by: By
    written: str
    example: str
    this: str


WORDS: dict[Kind, Words] = {
    Kind.MONTHLY: Words("month", r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])", "2026-10", "本月"),
    Kind.TWO_MONTHLY: Words("two_months", r"(?P<year>\d{4})-(?P<month>0[13579]|11)", "2026-09", "本期"),
    Kind.HALF_YEARLY: Words("half_year", r"(?P<year>\d{4})-H(?P<half>[12])", "2026-H1", "本期"),
    Kind.YEARLY: Words("year", r"(?P<year>\d{4})", "2026", "本年"),
}
OTHER = {"环比": "上期", "同比": "上年同期"}
"""The comparisons, and what the period is called that each sets this one against."""
FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Span:
    """What a report covers: its period, cut short where it still runs, and what that is set against."""

    kind: Kind
    period: Period
    whole: Period
    before: Period
    year_ago: Period

    @property
    def runs(self) -> bool:
        """Whether the period is not over yet."""
        return self.period.last < self.whole.last

    @property
    def title(self) -> str:
        """The period as people call it."""
        first, last = self.whole.first, self.whole.last
        match self.kind:
            case Kind.MONTHLY:
                return f"{first.year}年{first.month}月"
            case Kind.TWO_MONTHLY:
                return f"{first.year}年{first.month}—{last.month}月"
            case Kind.HALF_YEARLY:
                return f"{first.year}年{'上' if first.month == 1 else '下'}半年"
            case Kind.YEARLY:
                return f"{first.year}年"

    @property
    def compared(self) -> dict[str, Period]:
        """The periods it is set against, by what the comparison is called; a year has only one."""
        both = {"环比": self.before, "同比": self.year_ago}
        return both if self.before != self.year_ago else {"同比": self.year_ago}


def span_of(kind: Kind, said: str, today: date) -> Span:
    """The days of a report; `Invalid` naming `period` where it is not written so, or has not begun."""
    words = WORDS[kind]
    found = re.fullmatch(words.written, said, re.ASCII)
    if found is None or int(found["year"]) < FIRST_YEAR:
        raise _bad(f"{kind.zh}须写作 {words.example}", f"for this kind it is written like {words.example}")
    read = found.groupdict()
    month = int(read.get("month") or 1) if "half" not in read else 6 * int(read["half"]) - 5
    first = start_of(date(int(read["year"]), month, 1), words.by)
    if first > today:
        raise _bad("该期尚未开始", "this period has not begun")
    whole = Period(first, after(first, words.by) - ONE_DAY, words.by)
    period = Period(first, min(whole.last, today), words.by)
    return Span(kind, period, whole, previous(period), year_before(period))


def written(kind: Kind, first: date) -> str:
    """How the period of a kind that begins on this day is written; `span_of` reads it."""
    match kind:
        case Kind.HALF_YEARLY:
            return f"{first.year}-H{1 if first.month == 1 else 2}"
        case Kind.YEARLY:
            return f"{first.year}"
        case Kind.MONTHLY | Kind.TWO_MONTHLY:
            return f"{first:%Y-%m}"


def _bad(zh: str, en: str) -> Invalid:
    return Invalid(("period",), field="period", reason=zh, reason_en=en)
