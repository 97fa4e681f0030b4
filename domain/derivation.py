"""Why a due date is what it is, in words: from which event, how long, what was stepped over, by which rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Literal

from domain.clocks import Calendar, DueDate, days_after
from domain.vocabulary import Clock

Language = Literal["zh", "en"]

BEGINS: Mapping[Clock, Mapping[Language, str]] = {
    Clock.NOTICE: {"zh": "收到", "en": "received"},
    Clock.SIGN: {"zh": "派单", "en": "assigned"},
    Clock.OBJECT: {"zh": "派单", "en": "assigned"},
    Clock.CONTACT: {"zh": "收到", "en": "received"},
    Clock.HANDLE: {"zh": "受理", "en": "accepted"},
    Clock.FOLLOW_UP: {"zh": "公示", "en": "published"},
    Clock.REVIEW_ASK: {"zh": "答复送达", "en": "reply delivered"},
    Clock.REVIEW: {"zh": "申请复查", "en": "review asked for"},
    Clock.RE_REVIEW_ASK: {"zh": "复查意见送达", "en": "review decided"},
    Clock.RE_REVIEW: {"zh": "申请复核", "en": "re-review asked for"},
    Clock.ORDER: {"zh": "督办", "en": "ordered"},
}
"""The event that starts each clock."""
AGAIN: Mapping[Language, str] = {"zh": "重办", "en": "reopened"}
"""What starts the handling clock of a round after the first."""

NAMES = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明节": "Tomb-Sweeping Day",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
}
"""The law's holidays; a notice may name others, which stay as they are named."""


def explain(
    due: DueDate, calendar: Calendar, language: Language = "zh", *, again: bool = False, extended: int = 0
) -> str:
    """The whole derivation of a running clock: what it is, how its date came about, by which rule and calendar.

    `again`: the file goes round again; `extended`: how many of the days were granted as an extension. Example:
    办理：受理 2026-09-18 + 15 个工作日，中秋节、国庆节放假，09-20、10-10 调休上班，= 2026-10-15。依据：…；日历：…
    """
    begins = AGAIN[language] if again and due.clock is Clock.HANDLE else BEGINS[due.clock][language]
    told = derivation(due, calendar, begins, language, extended=extended if due.clock is Clock.HANDLE else 0)
    if language == "en":
        counted = f"; calendar: {due.calendar}" if due.calendar else ""
        return f"{due.clock.replace('_', ' ')}: {told}. Rule: {due.rule}{counted}"
    counted = f"；日历：{due.calendar}" if due.calendar else ""
    return f"{due.clock.zh}：{told}。依据：{due.rule}{counted}"


def derivation(due: DueDate, calendar: Calendar, begins: str, language: Language = "zh", *, extended: int = 0) -> str:
    """How the date came about: start + days, what was stepped over, the date; and whether it is provisional (暂定)."""
    notes = list(_worked(due, calendar, language) if due.working else _moved(due, calendar, language))
    days = _sum(due, language, min(extended, due.days - 1))
    if language == "en":
        text = ", ".join([f"{begins} {due.start} + {days}", *notes]) + (", = " if notes else " = ") + str(due.due)
        return f"{text} (provisional: not all of these years' calendars are published)" if due.provisional else text
    text = "，".join([f"{begins} {due.start} + {days}", *notes]) + ("，= " if notes else " = ") + str(due.due)
    return f"{text}（暂定：部分年份放假安排尚未公布）" if due.provisional else text


def _sum(due: DueDate, language: Language, extended: int) -> str:
    """The days of the limit, with those of an extension beside them."""
    plain = due.days - extended
    if language == "en":
        sort = "working day" if due.working else "day"
        more = f" + {extended} extended" if extended else ""
        return f"{plain} {sort}{'' if plain == 1 else 's'}{more}"
    sort = "个工作日" if due.working else "日"
    return f"{plain} {sort} + 延期 {extended} {sort}" if extended else f"{plain} {sort}"


def _worked(due: DueDate, calendar: Calendar, language: Language) -> Iterator[str]:
    """The holidays that were stepped over and the weekend days that were counted."""
    days = list(days_after(due.start, due.due))
    names = [part for name in dict.fromkeys(filter(None, map(calendar.name, days))) for part in name.split("、")]
    worked = [f"{day:%m-%d}" for day in days if calendar.is_make_up_day(day)]
    if language == "en":
        if names:
            yield f"{' and '.join(NAMES.get(name, name) for name in dict.fromkeys(names))} off"
        if worked:
            yield f"{' and '.join(worked)} worked"
        return
    if names:
        yield f"{'、'.join(dict.fromkeys(names))}放假"
    if worked:
        yield f"{'、'.join(worked)} 调休上班"


def _moved(due: DueDate, calendar: Calendar, language: Language) -> Iterator[str]:
    """That the last day was a day off, and so the next working day counts (《民法典》 203)."""
    last: date = due.start + timedelta(days=due.days)
    if last != due.due:
        name = calendar.name(last)
        if language == "en":
            yield f"the last day {last} is {NAMES.get(name, name) or 'a day of rest'} and moves on"
        else:
            yield f"末日 {last} 逢{name or '休息日'}顺延"
