"""Many new petitions at once: each row a file of its own or refused with column and reason, and never twice."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pytest
from openpyxl import Workbook

from domain.errors import KeyReused
from domain.numbering import query_code_digest
from domain.petition.petition import Petition
from domain.vocabulary import Channel, Nature
from service.errors import Loc
from service.registering import MOST_ROWS, Row, columns_of, register, table_of
from service.tables import BadTable
from tests.service.api_kit import PERSON, Office

MEETING: Mapping[Loc, str] = {
    ("source", "meeting"): "九月座谈会",
    ("source", "held_on"): "2026-09-01",
    ("nature",): "suggestion",
}


def taken(
    office: Office,
    sent: bytes | str,
    channel: Channel = Channel.SYMPOSIUM,
    *,
    dry_run: bool = False,
    who: str = "intake",
    shared: Mapping[Loc, str] | None = None,
) -> list[Row]:
    """The rows of what was sent."""
    parts = office.parts
    caller = parts.access.of_staff(who, "t")
    return register(
        parts.desk,
        caller,
        table_of(sent),
        channel,
        parts.rulebooks.current().content,
        shared=MEETING if shared is None else shared,
        dry_run=dry_run,
        request_id="r",
    )


def told(row: Row) -> list[tuple[str | None, str]]:
    return [(problem.heading, problem.text.zh) for problem in row.problems]


def workbook(*rows: tuple[str | float, ...]) -> bytes:
    book, sent = Workbook(), BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    book.save(sent)
    return sent.getvalue()


def test_what_was_pasted_becomes_petitions_with_codes_for_the_residents(office: Office) -> None:
    pasted = f"内容\t姓名\t电话\n加装电梯\t{PERSON['name']}\t{PERSON['phone']}\n增设座椅\t\t\n"
    rows = taken(office, pasted)
    assert [(row.number, row.problems, row.there) for row in rows] == [(2, (), False), (3, (), False)]
    done = [row.outcome for row in rows]
    assert done[0] is not None
    assert done[1] is not None
    first, second = (office.parts.store.fold(Petition(one.number)) for one in (done[0], done[1]))
    assert (first.title, first.nature, first.channel) == ("加装电梯", Nature.SUGGESTION, Channel.SYMPOSIUM)
    assert first.petitioners[0].name == PERSON["name"]
    assert second.anonymous
    assert done[0].query_code is not None
    assert first.query_code_digest == query_code_digest(done[0].query_code)
    assert first.source is not None
    assert first.source.model_dump()["meeting"] == "九月座谈会"


def test_a_dry_run_writes_nothing_and_says_the_same(office: Office) -> None:
    before = office.events()
    rows = taken(office, "标题\t人数\n停车难\t三人\n路面不平\t2\n", dry_run=True)
    assert office.events() == before
    assert told(rows[0]) == [("人数", "须为整数")]
    assert (rows[1].problems, rows[1].outcome, rows[1].there) == ((), None, False)


def test_the_same_table_sent_again_makes_no_second_file(office: Office) -> None:
    pasted = "标题\t内容\n楼道堆物\t二单元楼道堆满纸箱\n"
    first = taken(office, pasted)
    before = office.events()
    assert taken(office, pasted, dry_run=True)[0].there
    again = taken(office, pasted, who="intake-2")
    assert office.events() == before
    assert again[0].there
    assert first[0].outcome is not None
    assert again[0].outcome is not None
    assert again[0].outcome.number == first[0].outcome.number
    assert again[0].outcome.query_code == first[0].outcome.query_code


def test_another_word_is_another_petition(office: Office) -> None:
    one, two = taken(office, "标题\n路口积水\n路口积水严重\n")
    assert one.outcome is not None
    assert two.outcome is not None
    assert one.outcome.number != two.outcome.number


def test_a_work_order_that_came_before_with_other_words_is_refused(office: Office) -> None:
    heading = "工单号,标题,来电时间,性质\n"
    taken(office, f"{heading}W-77,噪音扰民,2026/9/1 08:30,投诉\n", Channel.HOTLINE, shared={})
    (row,) = taken(office, f"{heading}W-77,噪音扰民再次来电,2026/9/1 08:30,投诉\n", Channel.HOTLINE, shared={})
    assert told(row) == [(None, KeyReused.zh)]


def test_a_workbook_in_the_words_of_the_screens(office: Office) -> None:
    sent = workbook(
        ("标题", "性质", "紧急程度", "类别", "区域", "发生时间", "工单号", "来电时间"),
        ("井盖松动", "投诉", "紧急", "020102", "梧桐里社区", "2026年9月1日", 81_001.0, "2026年9月1日 08:30"),
    )
    (row,) = taken(office, sent, Channel.HOTLINE, shared={("backdated_because",): "补录"})
    assert row.problems == ()
    assert row.outcome is not None
    file = office.parts.store.fold(Petition(row.outcome.number))
    assert (file.nature, file.urgency, file.category) == ("complaint", "urgent", "020102")
    assert file.place is not None
    assert file.place.area == "A01"
    assert file.source is not None
    assert file.source.model_dump()["work_order_id"] == "81001"


def test_a_refused_row_names_every_column_and_no_word_of_it_and_the_others_come_in(office: Office) -> None:
    pasted = (
        "标题\t性质\t类别\t电话\t发生时间\n"
        f"树枝断落\t骂人\t999999\t{PERSON['name']}\t昨天\n"
        "花坛破损\t投诉\t999999\t\t\n"
        "路灯频闪\t投诉\t\t\t\n"
    )
    bad, unknown, good = taken(office, pasted)
    assert [heading for heading, _ in told(bad)] == ["发生时间", "性质", "电话"]
    assert PERSON["name"] not in str(bad.problems)
    assert told(unknown) == [("类别", "类别：规则手册中没有此代码")]
    assert good.outcome is not None


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("标题\t身高\n甲\t一米\n", "第 2 列的列名无法识别"),
        ("姓名\t电话\n甲\t13900001111\n", "须有“标题”或“内容”列"),
        ("标题\n" + "甲\n" * (MOST_ROWS + 1), f"一次最多 {MOST_ROWS} 行"),
        ("", "没有列名"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", "只能读取 xlsx 或 csv"),
        (b"PK\x03\x04 no workbook", "文件已损坏"),
    ],
)
def test_what_is_no_such_table_is_refused_whole(office: Office, sent: bytes | str, reason: str) -> None:
    before = office.events()
    with pytest.raises(BadTable, match=reason):
        taken(office, sent)
    assert office.events() == before


def test_only_intake_takes_petitions_in(office: Office) -> None:
    before = office.events()
    for dry_run in (True, False):
        (row,) = taken(office, "标题\n围墙倾斜\n", who="handler", dry_run=dry_run)
        assert told(row)[0][1].startswith("此步骤须由受理员")
    assert office.events() == before


@pytest.mark.parametrize("channel", Channel)
def test_every_heading_is_of_one_column(channel: Channel) -> None:
    headings = [column.heading for column in columns_of(channel)]
    assert len(headings) == len(set(headings))
    assert {"标题", "内容", "姓名", "区域"} <= set(headings)
