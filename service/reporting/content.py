"""What a report says, before it is laid out: tables of figures of three periods, and the months that led there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from domain.kernel import day_of
from projections.dimensions import RULES, Dimension, parts_of
from projections.figures import FIGURES, Figure
from projections.periods import Period, after, periods
from projections.sight import Sight
from projections.statistics_queries import PartRow, PeriodTable, Ratio, tables
from service.parts import Parts
from service.reporting.kinds import WORDS, Kind, Span, span_of

DIMENSIONS = (Dimension.CHANNEL, Dimension.NATURE, Dimension.CATEGORY, Dimension.COMMUNITY, Dimension.UNIT)
COUNTS = ("registered", "matters", "registered_batches", "registered_persons")
RATES = tuple(code for code, figure in FIGURES.items() if figure.denominator)
MONTHS_SHOWN = 12
DASH = "—"
CHANGES = "环比、同比：件数类为增减幅度，比率类为百分点之差，平均办理时长为工作日之差；“—”为没有可比数或没有分母。"
"""What a change says, and a dash."""

FOR_OFFICE = "供机关内部发布：未计入依法保护的件（保密件，以及反映单位或人员的件），与各岗位所见统计一致"
FOR_COMMITTEE = "供社区监督委员会：计入依法保护的件（保密件，以及反映单位或人员的件），不得向其他岗位发布"


class Line(NamedTuple):
    """One part in the period and in those that it is set against, by what the comparison is called."""

    name: str
    part: str | None
    now: PartRow
    others: dict[str, PartRow]

    @property
    def empty(self) -> bool:
        """Whether nothing was counted in any of the periods."""
        ratios = (one for row in (self.now, *self.others.values()) for one in row.figures.values())
        return not any(one.numerator or one.denominator for one in ratios)


@dataclass(frozen=True, slots=True)
class Section:
    """The figures by one dimension. The last line is the total."""

    dimension: Dimension
    lines: tuple[Line, ...]

    @property
    def total(self) -> Line:
        """All parts together."""
        return self.lines[-1]

    @property
    def rule(self) -> str:
        """Which value of a file counts here."""
        return RULES[self.dimension]

    def busiest(self, code: str = "registered") -> list[Line]:
        """The parts with the most of a count, those without any left out."""
        parts = [line for line in self.lines[:-1] if line.now.figures[code].numerator]
        return sorted(parts, key=lambda line: -line.now.figures[code].numerator)


@dataclass(frozen=True, slots=True)
class Report:
    """A report's content. `committee`: protected files are counted. `as_of`: as things stood on that day."""

    office: str
    span: Span
    as_of: date
    committee: bool
    sections: tuple[Section, ...]
    months: tuple[PeriodTable, ...]

    @property
    def title(self) -> str:
        """The report's title."""
        return f"{self.office}民情办理{self.span.kind.zh}"

    @property
    def audience(self) -> str:
        """For whom it is, and what that means for its counts."""
        return FOR_COMMITTEE if self.committee else FOR_OFFICE

    @property
    def this(self) -> str:
        """What the text calls the period."""
        return WORDS[self.span.kind].this

    @property
    def total(self) -> Line:
        """All files together, the same in every section."""
        return self.sections[0].total


def report_of(parts: Parts, kind: Kind, written: str, sight: Sight) -> Report:
    """The report of a period as `sight` may know it, as things stand today. Raises what `span_of` raises."""
    today, rulebook = day_of(parts.now()), parts.rulebooks.current().content
    span = span_of(kind, written, today)
    months = list(periods(after(span.period.last.replace(day=1), "month", 1 - MONTHS_SHOWN), span.period.last, "month"))
    compared = span.compared
    sections = []
    with parts.reading() as connection:

        def told(dimension: Dimension, asked: list[Period]) -> list[PeriodTable]:
            return tables(
                connection,
                parts_of(dimension, rulebook),
                asked,
                today,
                committee=sight.committee,
                hidden_from=sight.staff,
            )

        for dimension in DIMENSIONS:
            now, *others = told(dimension, [span.period, *compared.values()])
            sections.append(Section(dimension, tuple(_lines(now, dict(zip(compared, others, strict=True))))))
        trend = tuple(told(Dimension.CHANNEL, months))
    return Report(rulebook.office.name, span, today, sight.committee, tuple(sections), trend)


def _lines(now: PeriodTable, others: dict[str, PeriodTable]) -> list[Line]:
    """Each part's rows of all periods side by side."""
    return [
        Line(row.name, row.part, row, {name: table.rows[place] for name, table in others.items()})
        for place, row in enumerate(now.rows)
    ]


def shown(figure: Figure, ratio: Ratio) -> str:
    """A figure's value for people; a dash where there is nothing to divide by."""
    if ratio.denominator is None:
        return str(ratio.numerator)
    if ratio.value is None:
        return DASH
    mark = "（暂定）" if ratio.provisional else ""
    return (f"{ratio.value:.1%}" if figure.is_share else f"{ratio.value:.1f}个工作日") + mark


def shown_change(figure: Figure, amount: float | None) -> str:
    """A change for a table: percent of a count, percentage points of a rate, working days of the mean time."""
    if amount is None:
        return DASH
    if not figure.denominator:
        return f"{amount:+.1%}"
    return f"{amount * 100:+.1f}" if figure.is_share else f"{amount:+.1f}"


def rule_of(figure: Figure) -> tuple[str, str, str, str]:
    """How a figure is computed: what is counted, of what, on which day, what is left out."""
    over = figure.over.zh if figure.over else DASH
    excludes = "；".join(text.zh for text in figure.excludes) or DASH
    return figure.what.zh, over, figure.dated.zh, excludes
