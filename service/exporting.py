"""The ledger (台账) as a table for a spreadsheet: what is on the screen, in the same words, personal data masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from domain.kernel import SHANGHAI, day_of
from domain.petition.stages import Stage
from domain.rules.content import RulebookContent
from projections.ledger_queries import rows_for_export
from projections.ledger_rows import LedgerRow
from projections.sight import Sight
from service.api.ledger import LedgerQuery, filter_of
from service.parts import Parts
from service.tables import Cell, write_table

PUBLICATION = {"published": "已公示", "waived": "不公示", "withdrawn": "已撤回"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What turns codes into words and due dates into overdue days: the rulebook, as of a day."""

    rulebook: RulebookContent
    today: date

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


COLUMNS: Mapping[str, Callable[[LedgerRow, Reading], Cell]] = {
    "编号": lambda row, read: row.number,
    "原编号": lambda row, read: row.legacy_number,
    "途径": lambda row, read: row.channel.zh,
    "收到时间": lambda row, read: _local(row.received_at),
    "信访人": lambda row, read: row.petitioner,
    "人数": lambda row, read: row.people_count,
    "诉求": lambda row, read: row.title,
    "区域": lambda row, read: read.area(row.area),
    "类别": lambda row, read: read.category(row.category),
    "性质": lambda row, read: row.nature.zh,
    "紧急程度": lambda row, read: row.urgency.zh,
    "密级": lambda row, read: row.secrecy.zh,
    "线": lambda row, read: row.track.zh if row.track else "",
    "主办单位": lambda row, read: read.unit(row.lead),
    "协办单位": lambda row, read: "、".join(map(read.unit, row.co_units)),
    "受理时间": lambda row, read: _local(row.accepted_at),
    "办理期限": lambda row, read: row.due,
    "期限暂定": lambda row, read: "暂定" if row.due_provisional else "",
    "延期至": lambda row, read: row.extended_to,
    "答复时间": lambda row, read: _local(row.replied_at) or ("未注明" if row.replied else None),
    "公示": lambda row, read: PUBLICATION.get(row.publication or "", row.publication),
    "公示时间": lambda row, read: _local(row.published_at),
    "回访时间": lambda row, read: _local(row.followed_up_at),
    "是否解决": lambda row, read: row.solved.zh if row.solved else "",
    "满意度": lambda row, read: row.satisfaction.zh if row.satisfaction else "",
    "轮次": lambda row, read: row.round,
    "环节": lambda row, read: Stage(row.stage).zh,
    "超期天数": lambda row, read: read.overdue(row),
    "重复件数": lambda row, read: row.duplicates,
    "主件": lambda row, read: row.principal,
    "催办": lambda row, read: row.reminders,
    "督办": lambda row, read: row.orders,
    "档号": lambda row, read: row.archive_number,
}
"""The columns of a ledger (台账), in their order."""


def export_ledger(parts: Parts, asked: LedgerQuery, sight: Sight, file: Path) -> int:
    """Write the rows that are asked for, as far as `sight` lets them exist; returns how many.

    The kind of file follows from its name. Raises what `filter_of` raises.
    """
    rulebook, today = parts.rulebooks.current().content, day_of(parts.now())
    reading = Reading(rulebook, today)
    wanted = filter_of(asked, rulebook, today)

    def rows() -> Iterator[list[Cell]]:
        with parts.reading() as connection:
            for row in rows_for_export(connection, wanted, sight):
                yield [cell(row, reading) for cell in COLUMNS.values()]

    return write_table(file, list(COLUMNS), rows(), sheet="台账")


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(SHANGHAI) if moment else None
