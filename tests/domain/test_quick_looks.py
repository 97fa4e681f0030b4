"""A quick look goes before a costly pattern: it may spare the pattern only where that finds nothing anyway."""

from __future__ import annotations

import unicodedata
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from domain import detectors, names
from domain.likeness import BANDS, keys
from domain.masking import digits_for_numerals, fold
from domain.redaction import Known, cleaned, redact
from domain.terms import plain

WORDS = """
路 街 里 村 小区 花园 苑 中心 门牌 门牌号 单元 号楼 号院 号房 302 3-2-501 十二栋 A座 住址： 家住 我住 微信 京A12345
我叫 我是 联系人： 姓名 本人 妻子 邻居 先生 女士 大爷 王小明 李 欧阳修 电话 138 13800138000 0592-2123456 一三八
⟦p1.name⟧ ⟦p1.phone:1:3⟧ 138****0000 11010519491231002X a@b.cn
""".split()  # noqa: SIM905 - so many quotation marks make no word clearer
SIGNS = (
    "0123456789零〇一二三五八九十百甲乙丙丁ABXabx幺号弄巷栋幢区单元楼座室房门牌层期之"
    "-—－ .·,，。:：）\n\u200b*#@王某的ßİſﬁς①Ａ５٣\u0308"
)
PIECES = (*WORDS, *SIGNS)
DOORS = (
    ("", "解放路", "阳光花园", "小区", "，", "门牌", "门牌号：", "家住阳光小区"),
    ("", "3", "302", "十二", "五零二", "A", "A5", "丙", "7-1", "7—1", "3-2-501"),
    ("", " ", "-"),
    ("", *"号弄巷栋幢区座室房门，。-", "号楼", "号房", "号院", "单元", "楼"),
    ("", "501", " 501", "一楼", "张"),
)
NAMED = (
    ("", "我叫", "联系人：", "妻子", "同事叫", "住户"),
    ("王小明", "李", "王小明 ", "欧阳修文"),
    ("", "先生", "女士", "大爷", "，电话", "（手机："),
    ("", "13800138000", "0592-2123456", "11010519491231002X", "110", "，"),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def test_a_door_is_found_whatever_the_quick_look_says():
    patterns = (*detectors._AFTER_WORDS, *detectors._BY_THEMSELVES)
    for text in map("".join, product(*DOORS)):
        everywhere = {match.end("door") for _, pattern in patterns for match in pattern.finditer(text)}
        assert {end for _, _, end in detectors.doors(text)} == everywhere, text


@given(TEXTS)
def test_numerals_make_a_long_number_as_digits_do(text):
    folded = fold(text)
    assert bool(detectors._SEVEN_DIGITS.search(folded)) == bool(
        detectors._SEVEN_DIGITS.search(digits_for_numerals(folded))
    )


def test_a_name_is_announced_whatever_the_quick_look_says():
    for text in map("".join, product(*NAMED)):
        everywhere = {*names._by_words(text), *names._before(names._CONTACT, text)}
        assert set(names.announced_names(text)) == everywhere, text


@given(TEXTS, st.sampled_from(("王小明", "欧阳修文", "13800138000")))
def test_the_cleaned_text_is_the_redacted_one(text, value):
    known = Known(names=(value,), phones=(value,))
    assert cleaned(text) == redact(text).text
    assert cleaned(text, known) == redact(text, known).text


@given(TEXTS | st.text(max_size=40))
def test_folding_goes_by_characters_and_keeps_the_length(text):
    each = [unicodedata.normalize("NFKC", one).upper() for one in text]
    assert fold(text) == "".join(new if len(new) == 1 else old for old, new in zip(text, each, strict=True))


@given(TEXTS | st.text(max_size=40))
def test_a_plain_text_is_the_normal_form_in_small_letters(text):
    assert plain(text) == unicodedata.normalize("NFKC", text).lower()


def test_keys_stay_what_they_are_stored_as():
    found = keys(["路灯", "灯不", "不亮", "2026", "水"])
    assert len(found) == BANDS
    assert found[:3] == (148277049225270, 172837411917421, 197397774609573)
    assert keys(()) == ()
