"""卷宗: every event of a file in its part, in archive order, laid out by LibreOffice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.stages import BEGINNINGS, TRANSITIONS
from domain.petition.titles import TITLES
from domain.vocabulary import Clock, Delivery, LetterKind, RedactionBasis, RedactionKind
from service.dossier import LABELS, PARTS, dossier, part_of
from service.letter_layout import DOSSIER
from service.letters import default_template, filled, filled_in
from tests.domain.petition.samples import sample
from tests.domain.petition.test_personal import fields_of
from tests.happened import (
    BULLETIN,
    approved,
    closed,
    followed_up,
    in_handling,
    letter_issued,
    missed,
    ordered,
    reply_approved,
    reply_drafted,
    reported,
    result_published,
    review_asked,
    running,
    step,
)
from tests.scenario import Given, Steps, context, given
from tests.service.api_kit import PERSON, Office, assigned, published, replied
from tests.service.paper_kit import LEFT_OVER, laid_out, needs_office
from tests.service.test_api_letters import words_of

DRAFTED = step(
    p.PublicationDrafted(
        title="路灯修复",
        text="⟦p1.name⟧反映的路灯已修好，到湖滨路6号查询。",
        redactions=(
            v.Redaction(
                kind=RedactionKind.NAME, reason="登记信息", basis=RedactionBasis.GIVEN, shown="⟦p1.name⟧", count=1
            ),
            v.Redaction(
                kind=RedactionKind.ADDRESS, reason="公共门牌", basis=RedactionBasis.DETECTED, shown="6号", kept=True
            ),
        ),
        salt="salz",
        digest=BULLETIN,
        before="e" * 64,
    ),
    by="sun",
)
DELIVERED = step(h.ReplyDelivered(digest=v.digest_of("salz", "路灯已修好。"), method=Delivery.IN_PERSON), by="chen")
WHOLE: list[Steps] = [
    in_handling(),
    running(Clock.HANDLE),
    letter_issued(),
    step(r.LetterServed(letter="acceptance-2026-1", method=Delivery.POST, note="挂号信"), by="wu"),
    reported(),
    reply_drafted(),
    reply_approved(),
    letter_issued(LetterKind.REPLY, by="chen"),
    DELIVERED,
    DRAFTED,
    approved(),
    result_published(),
    missed(),
    ordered(),
    followed_up(),
    closed(),
    review_asked(),
]


def bound(file: Given) -> dict[str, Any]:
    """The values of the whole file."""
    world = context("chen", now=file.now)
    return dict(dossier(file.recorded, file.petition, world, known=(), staff=str))


def section(values: dict[str, Any], title: str) -> dict[str, Any]:
    [found] = [one for one in values["sections"] if one["title"] == title]
    return dict(found)


def lines(values: dict[str, Any], title: str) -> str:
    return "\n".join(line for record in section(values, title)["records"] for line in record["lines"])


def test_every_event_stands_in_exactly_one_part_and_none_is_left_out() -> None:
    file = given(*WHOLE)
    values = bound(file)
    told = [record for one in values["sections"] for record in one["records"]]
    assert len(told) == len(file.recorded) + 1  # and the closing summary
    assert int(values["count"]) == len(file.recorded)
    assert [one["title"] for one in values["sections"]] == list(PARTS.values())
    assert [one["title"] for one in values["sections"] if not one["records"]] == []


@pytest.mark.parametrize("kind", [*TRANSITIONS, *BEGINNINGS], ids=lambda kind: kind.TOPIC)
def test_every_kind_of_event_has_its_part(kind: Any) -> None:
    assert part_of(sample(kind)) in PARTS


def test_every_label_is_of_a_field() -> None:
    assert set(LABELS) <= {name for kind in (*TRANSITIONS, *BEGINNINGS) for name in fields_of(kind)}


def test_parts_hold_what_the_archive_asks_for() -> None:
    values = bound(given(*WHOLE))
    assert "挂号信" in lines(values, "答复意见及送达")
    assert "邮寄送达" in lines(values, "答复意见及送达")
    assert "姓名改为“甘某某”1处（登记信息）" in lines(values, "公示及脱敏记录")
    assert "住址保留“6号”1处（公共门牌）" in lines(values, "公示及脱敏记录")
    assert "脱敏前摘要：eeeeeeeeeeeeeeee…" in lines(values, "公示及脱敏记录")
    assert "甘棠梨" not in lines(values, "公示及脱敏记录")
    assert "信访人p1：甘棠梨，13900001234，幸福路 18 号 2 单元 301 室" in lines(values, "民情原件及附件")
    assert "受理告知书：HY受告〔2026〕1号" in lines(values, "告知文书")
    assert "答复意见书" in lines(values, "答复意见及送达")
    assert "5 个工作日" in lines(values, "备考")
    assert "HY-2026-000001-R1" in lines(values, "再收集与归档")


def test_no_code_stands_where_a_word_is_known() -> None:
    told = "\n".join(lines(bound(given(*WHOLE)), title) for title in PARTS.values())
    assert not [code for code in ("in_person", "routine", "solved", "board", "complaint") if code in told]
    assert "民生服务中心" in told


@needs_office
def test_the_bound_file_is_laid_out_with_cover_contents_and_all_parts(tmp_path: Path) -> None:
    values = filled_in(bound(given(*WHOLE)), str)
    [paper] = laid_out({"file": filled(default_template(DOSSIER), values, "卷宗.docx")}, tmp_path).values()
    cover, contents, *rest = paper.pages
    assert "卷宗" in cover
    assert "甘棠梨" in cover
    assert "卷内目录" in contents
    places = [contents.find(title) for title in PARTS.values()]
    assert places == sorted(places)
    assert places[0] > 0
    behind = "".join(rest)
    at = [behind.find(f"{place}{title}") for place, title in enumerate(PARTS.values(), 1)]
    assert at == sorted(at)
    assert at[0] == 0
    assert not LEFT_OVER.search(paper.text)
    assert f"—{len(paper.pages)}—" in paper.pages[-1]


def test_a_bound_file_is_for_readers_only_and_logged(office: Office) -> None:
    number = assigned(office, petitioners=[PERSON])
    replied(office, number)
    published(office, number)
    for who in ("intake", "supervisor", "handler-hw", "admin"):
        assert office.get(who, f"/petitions/{number}/dossier").status_code in {403, 404}, who
    answer = office.get("caller", f"/petitions/{number}/dossier")
    words = words_of(answer.content)
    assert answer.headers["content-disposition"] == f'attachment; filename="{number}.docx"'
    assert PERSON["name"] in words
    assert "某人" in words  # who did it, by name
    last = office.parts.store.last_position()
    told = office.ok(office.get("supervisor", "/audit/readings", limit=200, after=last))["readings"]
    assert [one["staff"] for one in told if one["number"] == number].count("caller") == 1


def test_another_file_is_named_to_who_may_know_of_it_only(office: Office) -> None:
    number = assigned(office, petitioners=[PERSON])
    hidden = str(office.received(against=["ZF"], nature="complaint")["number"])
    office.take("intake", hidden, "link-duplicate", principal=number, reason="同一事项")
    words = words_of(office.get("handler", f"/petitions/{number}/dossier").content)
    assert hidden not in words
    assert TITLES["petition.duplicate_adopted"].zh not in words, "that there is a link tells of a file"
