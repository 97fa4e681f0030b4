"""The columns of the ledger (台账) as offices know it: what each is called and what stands in it, once for all uses.

The page, the export and the command line write the same cells, so that a file holds exactly what is on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from domain.kernel import SHANGHAI
from domain.petition.stages import Stage
from domain.rules.content import RulebookContent
from domain.vocabulary import Code
from projections.ledger_rows import LedgerRow
from service.messages import Text
from service.pages.words import readable
from service.tables import Cell


class PublicationState(Code):
    """Where a file's publication stands, as the ledger has it."""

    PUBLISHED = "published", "已公示"
    WAIVED = "waived", "不公示"
    WITHDRAWN = "withdrawn", "已撤回"


@dataclass(frozen=True, slots=True)
class Reading:
    """What turns codes into words and due dates into overdue days: the rulebook, as of a day."""

    rulebook: RulebookContent
    today: date
    language: str = "zh"

    def term(self, code: Code | None) -> str:
        """A code's word in the reader's language."""
        if code is None:
            return ""
        return readable(code.value) if self.language == "en" else code.zh

    def unit(self, code: str | None) -> str:
        """A unit's name."""
        found = self.rulebook.unit(code) if code else None
        return found.name if found else code or ""

    def area(self, code: str | None) -> str:
        """An area's name."""
        found = self.rulebook.area(code) if code else None
        return found.name if found else code or ""

    def category(self, code: str | None) -> str:
        """A category's name under those above it."""
        names = [
            found.name for one in self.rulebook.category_chain(code or "") if (found := self.rulebook.category(one))
        ]
        return "/".join(reversed(names)) or code or ""

    def overdue(self, row: LedgerRow) -> int:
        """Days overdue."""
        return row.overdue_days(self.today, self.rulebook.calendar)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, and its cell for a row."""

    title: Text
    cell: Callable[[LedgerRow, Reading], Cell]

    def name(self, language: str) -> str:
        """The title in the reader's language."""
        return self.title.en if language == "en" else self.title.zh


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(SHANGHAI) if moment else None


def _column(zh: str, en: str, cell: Callable[[LedgerRow, Reading], Cell]) -> Column:
    return Column(Text(zh, en), cell)


COLUMNS: Mapping[str, Column] = {
    "number": _column("编号", "No.", lambda row, read: row.number),
    "legacy_number": _column("原编号", "Old no.", lambda row, read: row.legacy_number),
    "channel": _column("途径", "Channel", lambda row, read: read.term(row.channel)),
    "received_at": _column("收到时间", "Received", lambda row, read: _local(row.received_at)),
    "petitioner": _column("信访人", "Petitioner", lambda row, read: row.petitioner),
    "people_count": _column("人数", "People", lambda row, read: row.people_count),
    "title": _column("诉求", "Demand", lambda row, read: row.title),
    "area": _column("区域", "Area", lambda row, read: read.area(row.area)),
    "category": _column("类别", "Category", lambda row, read: read.category(row.category)),
    "nature": _column("性质", "Nature", lambda row, read: read.term(row.nature)),
    "urgency": _column("紧急程度", "Urgency", lambda row, read: read.term(row.urgency)),
    "secrecy": _column("密级", "Secrecy", lambda row, read: read.term(row.secrecy)),
    "track": _column("线", "Track", lambda row, read: read.term(row.track)),
    "lead": _column("主办单位", "Lead unit", lambda row, read: read.unit(row.lead)),
    "co_units": _column("协办单位", "Co-units", lambda row, read: "、".join(map(read.unit, row.co_units))),
    "first_unit": _column("首接单位", "First unit", lambda row, read: read.unit(row.first_unit)),
    "returns": _column("退单次数", "Returns", lambda row, read: row.returns),
    "accepted_at": _column("受理时间", "Accepted", lambda row, read: _local(row.accepted_at)),
    "due": _column("办理期限", "Due", lambda row, read: row.due),
    "due_provisional": _column("期限暂定", "Provisional", lambda row, read: "暂定" if row.due_provisional else ""),
    "extended_to": _column("延期至", "Extended to", lambda row, read: row.extended_to),
    "replied_at": _column(
        "答复时间", "Replied", lambda row, read: _local(row.replied_at) or ("未注明" if row.replied else None)
    ),
    "publication": _column(
        "公示", "Publication", lambda row, read: read.term(PublicationState(row.publication)) if row.publication else ""
    ),
    "published_at": _column("公示时间", "Published", lambda row, read: _local(row.published_at)),
    "followed_up_at": _column("回访时间", "Followed up", lambda row, read: _local(row.followed_up_at)),
    "solved": _column("是否解决", "Solved", lambda row, read: read.term(row.solved)),
    "satisfaction": _column("满意度", "Satisfaction", lambda row, read: read.term(row.satisfaction)),
    "round": _column("轮次", "Round", lambda row, read: row.round),
    "stage": _column("环节", "Stage", lambda row, read: read.term(Stage(row.stage))),
    "overdue": _column("超期天数", "Days overdue", lambda row, read: read.overdue(row)),
    "duplicates": _column("重复件数", "Duplicates", lambda row, read: row.duplicates),
    "principal": _column("主件", "Principal", lambda row, read: row.principal),
    "reminders": _column("催办", "Reminders", lambda row, read: row.reminders),
    "orders": _column("督办", "Orders", lambda row, read: row.orders),
    "archive_number": _column("档号", "Archive no.", lambda row, read: row.archive_number),
}
"""All columns in their order."""

USUAL = (
    "number", "received_at", "channel", "petitioner", "title", "area", "nature", "lead", "due", "overdue", "round",
    "stage",
)  # fmt: skip
"""What a screen shows where nobody chose."""


def in_order(codes: Collection[str]) -> tuple[str, ...]:
    """These columns in the ledger's own order, each once."""
    return tuple(code for code in COLUMNS if code in set(codes))


def known_column(code: str) -> str:
    """The code itself, if there is such a column; ValueError in both languages otherwise."""
    if code not in COLUMNS:
        known = "、".join(COLUMNS)
        raise ValueError(f"须为以下之一：{known} / must be one of: {known}")
    return code


def shown(cell: Cell) -> str:
    """A cell as a page shows it: times to the minute, nothing where there is nothing."""
    if cell is None:
        return ""
    return f"{cell:%Y-%m-%d %H:%M}" if isinstance(cell, datetime) else str(cell)
