"""Search terms: pairs of Chinese characters, whole latin words and numbers, bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import MAX_QUERY_TERMS, MAX_TERMS, MAX_WORD, query_terms, search_terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("，。！ …", []),
        ("路灯", ["路灯"]),
        ("路灯不亮", ["路灯", "灯不", "不亮"]),
        ("水", ["水"]),
        ("水 电", ["水", "电"]),
        ("路灯，路灯", ["路灯"]),
        ("A座WiFi坏了", ["a", "座", "wifi", "坏了"]),
        ("５号楼", ["5", "号楼"]),
        ("2026年", ["2026", "年"]),
        ("张某某 138****1234", ["张某", "某某", "138", "1234"]),
        ("snake_case", ["snake", "case"]),
        ("𠀀𠀁楼", ["𠀀𠀁", "𠀁楼"]),
    ],
)
def test_terms_of_a_text(text, terms):
    assert search_terms(text) == terms


def test_terms_are_bounded():
    varied = "".join(chr(0x4E00 + place % 20000) + chr(0x4E00 + place * 7 % 20000) for place in range(40_000))
    assert len(search_terms(varied)) == MAX_TERMS
    assert search_terms("a" * 5000) == ["a" * MAX_WORD]
    assert len(query_terms(varied)) == MAX_QUERY_TERMS


def test_normalising_cannot_lengthen_a_query_without_bound():
    assert sum(map(len, query_terms("㍿" * 100))) <= 2 * 100


@given(st.text(alphabet="路灯不亮水电abc12 ，。", max_size=60), st.integers(0, 60), st.integers(2, 12))
def test_what_stands_in_a_text_finds_it(text, start, length):
    piece = text[start : start + length]
    whole_words = not any(edge.isascii() and edge.isalnum() for edge in (piece[:1], piece[-1:]) if edge)
    lone = {term for term in query_terms(piece) if len(term) == 1}
    if whole_words:
        assert set(query_terms(piece)) - lone <= set(search_terms(text))


@given(st.text(max_size=200))
def test_terms_are_unique_lower_case_and_short(text):
    terms = search_terms(text)
    assert len(terms) == len(set(terms))
    assert all(0 < len(term) <= MAX_WORD for term in terms)
