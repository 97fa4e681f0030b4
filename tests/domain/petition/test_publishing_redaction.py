"""脱敏 of a draft: what is taken out, added and taken back by hand, its record, and what its preview shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import Invalid
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.publishing import DraftPublication
from domain.petition.publishing_redaction import Preview
from domain.petition.references import mask_identity, people_of, render
from domain.vocabulary import RedactionBasis, RedactionKind
from tests.happened import PERSON, in_handling, in_publishing, received, replied, reported
from tests.scenario import Given, Step, given

TEXT = "甘棠梨反映的路灯已修好，可到湖滨路6号便民中心（电话13811112222）查询，蓝顶车棚旁另添一盏。"
ADDED = {"kind": "other", "words": "蓝顶车棚", "reason": "可据此辨认住处"}
BACK = {"words": "6号", "reason": "公共场所的门牌"}
MENTIONS = "联系人：陆见秋，请修路灯。"


def draft(text: str = TEXT, title: str = "路灯修复", **by_hand: Any) -> DraftPublication:
    return DraftPublication.model_validate({"title": title, "text": text, **by_hand})


def fact_of(command: DraftPublication, file: Given | None = None) -> p.PublicationDrafted:
    (fact,) = (file or given(in_publishing())).when(command, by="sun").facts
    assert isinstance(fact, p.PublicationDrafted)
    return fact


def mentioning(content: str) -> Step:
    """A petition whose own words name somebody."""
    step = received()
    (fact,) = step.facts
    assert isinstance(fact, r.PetitionReceived)
    return Step((fact.model_copy(update={"content": content}),), step.by)


def pieced_together(typed: str, shown: Preview, part: str) -> str:
    """The typed text with every removal's replacement in its place; the brackets of references are not for typing."""
    typed = typed.replace("⟦", "[")
    for one in sorted((one for one in shown.removals if one.part == part), key=lambda one: -one.start):
        typed = typed[: one.start] + one.shown + typed[one.end :]
    return typed


def test_words_are_added_and_taken_back_with_their_reasons_on_record() -> None:
    fact = fact_of(draft(redactions=[ADDED], taken_back=[BACK]))
    assert fact.text == "⟦p1.name⟧反映的路灯已修好，可到湖滨路6号便民中心（电话138****2222）查询，***旁另添一盏。"
    assert set(fact.redactions) == {
        v.Redaction(kind=RedactionKind.NAME, reason="登记信息", basis=RedactionBasis.GIVEN, shown="⟦p1.name⟧"),
        v.Redaction(kind=RedactionKind.PHONE, reason="自动识别", basis=RedactionBasis.DETECTED, shown="138****2222"),
        v.Redaction(kind=RedactionKind.OTHER, reason="可据此辨认住处", basis=RedactionBasis.ADDED, shown="***"),
        v.Redaction(
            kind=RedactionKind.ADDRESS, reason="公共场所的门牌", basis=RedactionBasis.DETECTED, shown="6号", kept=True
        ),
    }


def test_both_digests_are_kept_under_one_salt() -> None:
    fact = fact_of(draft())
    typed = TEXT.replace("甘棠梨", "⟦p1.name⟧")
    assert fact.before == v.digest_of("salz", f"路灯修复\n{typed}")
    assert fact.digest == v.digest_of("salz", f"{fact.title}\n{fact.text}")
    assert fact.before != fact.digest


@pytest.mark.parametrize(
    ("by_hand", "loc"),
    [
        ({"redactions": [ADDED, {**ADDED, "words": "红顶车棚"}]}, ("redactions", 1, "words")),
        ({"taken_back": [BACK, {**BACK, "words": "路灯"}]}, ("taken_back", 1, "words")),
        ({"taken_back": [{**BACK, "words": "6"}]}, ("taken_back", 0, "words")),
        ({"taken_back": [{**BACK, "words": "甘棠梨"}]}, ("taken_back", 0, "words")),
        ({"redactions": [{**ADDED, "words": "6号"}], "taken_back": [BACK]}, ("taken_back", 0, "words")),
    ],
    ids=["not there", "not found", "part of a find", "the petitioner", "just added"],
)
def test_what_cannot_be_added_or_taken_back_is_refused_at_its_field(by_hand: Any, loc: tuple[Any, ...]) -> None:
    command, file = draft(**by_hand), given(in_publishing())
    file.when(command, by="sun").then_refused(Invalid, loc)
    with pytest.raises(Invalid):
        command.preview(file.petition)


@pytest.mark.parametrize("field", ["redactions", "taken_back"])
def test_neither_goes_without_a_reason(field: str) -> None:
    with pytest.raises(ValidationError):
        DraftPublication.model_validate({"title": "路灯", "text": TEXT, field: [{"words": "6号"}]})


def test_a_petitioners_data_stays_out_in_whatever_spelling() -> None:
    phone, address = str(PERSON.phone), str(PERSON.address)
    spellings = ["甘 棠 梨", "棠梨", phone[:3] + " " + phone[3:], "一三九零零零零一二三四", "+86" + phone, address[:9]]
    text = "、".join(spellings)
    file = given(in_publishing())
    for words in spellings:
        command = draft(text, taken_back=[{"words": words, "reason": "本人同意"}])
        file.when(command, by="sun").then_refused(Invalid, ("taken_back", 0, "words"))
    shown = str(render(fact_of(draft(text), file).text, people_of(file.petition.everyone, mask_identity)))
    assert not [part for part in ("棠", "梨", "0000", "零零", "18") if part in shown]


def test_a_name_that_the_petition_mentions_is_looked_for_and_may_be_taken_back() -> None:
    file = given(in_handling(mentioning(MENTIONS)), reported(), replied())
    command = draft("陆见秋家门前的路灯已修好。")
    fact = fact_of(command, file)
    assert fact.text == "陆某某家门前的路灯已修好。"
    assert [one.basis for one in fact.redactions] == [RedactionBasis.MENTIONED]
    back = draft(command.text, taken_back=[{"words": "陆见秋", "reason": "社区书记，公开身份"}])
    assert fact_of(back, file).text == command.text
    assert fact_of(draft(command.text)).text == command.text


def test_a_preview_says_span_kind_replacement_and_reason() -> None:
    file = given(in_publishing())
    shown = draft(redactions=[ADDED], taken_back=[BACK]).preview(file.petition)
    told = [(TEXT[one.start : one.end], one.kind, one.shown, one.kept, one.reason) for one in shown.removals]
    assert told == [
        ("甘棠梨", RedactionKind.NAME, "甘某某", False, "登记信息"),
        ("6号", RedactionKind.ADDRESS, "6号", True, "公共场所的门牌"),
        ("13811112222", RedactionKind.PHONE, "138****2222", False, "自动识别"),
        ("蓝顶车棚", RedactionKind.OTHER, "***", False, "可据此辨认住处"),
    ]
    assert shown.text == pieced_together(TEXT, shown, "text")


NUMBERS = st.one_of(
    st.sampled_from(["甘棠梨", "棠梨", "甘 棠 梨", str(PERSON.phone), str(PERSON.address)]),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"0592-[2-9][0-9]{6}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{5}19[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}[0-9X]", fullmatch=True),
    st.from_regex(r"闽D[0-9]{5}|闽DD[0-9]{5}", fullmatch=True),
    st.from_regex(r"[a-z]{3,8}@example\.com", fullmatch=True),
    st.builds("{}栋{}单元{}室".format, st.integers(1, 40), st.integers(1, 9), st.integers(101, 3099)),
)
BETWEEN = st.sampled_from(["，", "。", "反映路灯，", "电话：", "住址：", "我叫", " ", "\n", "⟦", "解放路", ""])
TEXTS = st.lists(st.tuples(BETWEEN, NUMBERS), min_size=1, max_size=6)


@settings(deadline=None, max_examples=60)
@drawn(TEXTS)
def test_the_preview_is_the_draft_pieced_together_and_no_identifier_survives(parts: list[tuple[str, str]]) -> None:
    text = "。".join(f"{between}{number}" for between, number in parts)
    file = given(in_publishing())
    command = draft(text, title=f"关于{parts[0][1]}")
    shown, fact = command.preview(file.petition), fact_of(command, file)
    people = people_of(file.petition.everyone, mask_identity)
    assert shown.text == render(fact.text, people) == pieced_together(command.text, shown, "text")
    assert shown.title == render(fact.title, people) == pieced_together(command.subject, shown, "title")
    spans = [(one.part, one.start, one.end) for one in shown.removals]
    assert spans == sorted(spans, key=lambda span: (span[0] == "text", span[1]))
    for _, number in parts:
        assert number not in shown.text
        assert number not in shown.title
