"""The summary of a report in sentences: every number is one of its figures, and nothing else is said."""

from __future__ import annotations

from collections.abc import Iterator

from projections.dimensions import UNKNOWN, Dimension
from projections.figures import FIGURES
from service.reporting.content import Line, Report, Section, shown
from service.reporting.kinds import OTHER

TOLD_OF = ("acceptance", "response", "closing", "on_time", "publication", "solution", "satisfaction")
"""Rates in the order of the loop."""
FROM_PART: dict[Dimension, str] = {
    Dimension.CHANNEL: "从途径看",
    Dimension.NATURE: "从性质看",
    Dimension.CATEGORY: "从类别看",
    Dimension.COMMUNITY: "从社区看",
    Dimension.UNIT: "从主办单位看",
}
NAMED = 3


def paragraphs(report: Report) -> list[str]:
    """The summary, paragraph by paragraph."""
    total, this = report.total, report.this
    span, registered = report.span, total.now.figures["registered"].numerator
    days = f"{_day(span.period.first)}至{_day(span.period.last)}"
    if not registered:
        return [f"{this}（{days}）没有登记民情。", *_rates(report)]
    counts = {
        code: total.now.figures[code].numerator for code in ("matters", "registered_batches", "registered_persons")
    }
    first = (
        f"{this}（{days}）共登记民情{registered}件，涉及{counts['registered_persons']}人次，"
        f"其中多人共同提出的{counts['registered_batches']}批；{_compared(total)}。"
    )
    repeated = registered - counts["matters"]
    first += f"扣除已关联的重复件{repeated}件，实有事项{counts['matters']}件。" if repeated else "没有关联的重复件。"
    if span.runs:
        first += f"{this}尚未结束，以上统计至{_day(span.period.last)}，并与对照期的相同天数比较。"
    return [first, "".join(map(_shares, report.sections)), *_rates(report)]


def _day(day: object) -> str:
    return f"{day:%Y年%-m月%-d日}"


def _compared(line: Line) -> str:
    """How the number of registered files moved."""
    now = line.now.figures["registered"]
    said = []
    for name, other in line.others.items():
        before = other.figures["registered"]
        moved = now.since(before)
        if moved is None:
            said.append(f"{name}无可比数（{OTHER[name]}没有登记）")
        elif moved == 0:
            said.append(f"{name}持平（{OTHER[name]}{before.numerator}件）")
        else:
            said.append(f"{name}{'增长' if moved > 0 else '下降'}{abs(moved):.1%}（{OTHER[name]}{before.numerator}件）")
    return "，".join(said)


def _shares(section: Section) -> str:
    """Which parts had the most files."""
    total = section.total.now.figures["registered"].numerator
    known = [line for line in section.busiest() if line.part != UNKNOWN]
    told = [
        f"{line.name}{count}件（占{count / total:.1%}）"
        for line in known[:NAMED]
        for count in (line.now.figures["registered"].numerator,)
    ]
    missing = next((line for line in section.lines if line.part == UNKNOWN), None)
    unknown = missing.now.figures["registered"].numerator if missing else 0
    if missing and unknown:
        told.append(f"{missing.name}{unknown}件")
    rest = total - unknown - sum(line.now.figures["registered"].numerator for line in known[:NAMED])
    if rest:
        told.append(f"其余{rest}件")
    return f"{FROM_PART[section.dimension]}，{'，'.join(told)}。"


def _rates(report: Report) -> Iterator[str]:
    """The rates with their parts, and how they moved."""
    line = report.total
    said = [sentence for code in TOLD_OF if (sentence := _rate(line, code))]
    if said:
        yield "；".join(said) + "。"
    more = [sentence for code in ("mean_time", "reopening", "objection") if (sentence := _rate(line, code))]
    if more:
        yield "；".join(more) + "。"
    silent = [FIGURES[code].title.zh for code in TOLD_OF if not line.now.figures[code].denominator]
    if silent:
        yield f"{report.this}没有可作分母的件次，不计算{'、'.join(silent)}。"


def _rate(line: Line, code: str) -> str | None:
    figure, now = FIGURES[code], line.now.figures[code]
    if not now.denominator:
        return None
    if figure.is_share:
        said = f"{figure.title.zh}{shown(figure, now)}（{now.numerator}/{now.denominator}{figure.counted.zh}）"
    else:
        said = f"{figure.title.zh}{shown(figure, now)}（{now.denominator}{figure.counted.zh}）"
    for name, other in line.others.items():
        moved = now.since(other.figures[code])
        if moved is None:
            continue
        size, unit = (abs(moved) * 100, "个百分点") if figure.is_share else (abs(moved), "个工作日")
        up, down = ("提高", "下降") if figure.is_share else ("延长", "缩短")
        told = f"{size:.1f}"
        said += f"，{name}持平" if told == "0.0" else f"，{name}{up if moved > 0 else down}{told}{unit}"
    return said
