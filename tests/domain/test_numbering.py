"""File numbers and query codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import UnknownPetition
from domain.numbering import (
    CODE_BYTES,
    FileNumber,
    file_number,
    new_query_code,
    normalise_query_code,
    parse,
    query_code_digest,
)


@pytest.mark.parametrize(
    ("parts", "number"),
    [
        (("HY", 2026, 123), "HY-2026-000123"),
        (("HYJD", 1998, 999_999), "HYJD-1998-999999"),
        (("HY", 2026, 1_000_000), "HY-2026-1000000"),
    ],
)
def test_a_number_is_written_and_read(parts, number):
    assert file_number(*parts) == number
    assert parse(number) == FileNumber(*parts)


@pytest.mark.parametrize(
    "parts", [("hy", 2026, 1), ("H", 2026, 1), ("HY", 26000, 1), ("HY", 2026, 0), ("HY", 2026, -5)]
)
def test_impossible_parts_make_no_number(parts):
    with pytest.raises(ValueError, match="office"):
        file_number(*parts)


@pytest.mark.parametrize("typed", [" hy-2026-000123 ", "ＨＹ－２０２６－０００１２３"])
def test_a_number_is_read_as_people_type_it(typed):
    assert parse(typed) == ("HY", 2026, 123)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "HY",
        "HY-2026-123",
        "HY-2026-0000123",
        "HY-2026-000000",
        "HY-2026-000123x",
        "HY-2026-٠٠٠١٢٣",
        "\0",
        "1" * 9999,
    ],
)
def test_what_is_no_number_is_an_unknown_one(typed):
    with pytest.raises(UnknownPetition):
        parse(typed)


@given(st.from_regex(r"[A-Z]{2,8}", fullmatch=True), st.integers(1000, 9999), st.integers(1, 10**12 - 1))
def test_reading_undoes_writing(office, year, serial):
    assert parse(file_number(office, year, serial)) == (office, year, serial)


def test_a_query_code_looks_like_one():
    assert new_query_code(bytes(CODE_BYTES)) == "0000-0000-0000-0000"
    assert new_query_code(b"\xff" * CODE_BYTES) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"


def test_too_few_random_bytes_are_refused():
    with pytest.raises(ValueError, match="random bytes"):
        new_query_code(bytes(CODE_BYTES - 1))


@given(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES), st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES))
def test_every_random_bit_counts(one, other):
    assert (new_query_code(one) == new_query_code(other)) == (one == other)


@given(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES))
def test_a_code_is_found_however_it_is_typed(random_bytes):
    code = new_query_code(random_bytes)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert not set(code) & set("ILOU")
    assert normalise_query_code(typed) == code
    assert query_code_digest(typed) == query_code_digest(code)


def test_the_digest_is_frozen():
    assert query_code_digest("0000-0000-0000-0000") == DIGEST_OF_ZEROS
    assert query_code_digest("0000-0000-0000-0001") != DIGEST_OF_ZEROS


def test_what_is_no_code_has_a_digest_of_its_own():
    assert query_code_digest("") != query_code_digest("0000-0000-0000-0000")
    assert query_code_digest("查" * 10_000) == query_code_digest("查" * 64)


DIGEST_OF_ZEROS = "525db80e3a9ebe0fba0bdcbb17d56026a7fe8d3a4c5ac05b6e721b24e3ee6557"
