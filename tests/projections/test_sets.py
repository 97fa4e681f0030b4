"""What is made of a statement for one row: one for many, or nothing where that would mean something else."""

from __future__ import annotations

import pytest

from projections.sets import for_many, waves

SHAPED = {
    "UPDATE s.t SET a = %(a)s WHERE number = %(number)s": "UPDATE s.t AS kept SET a = given.",
    "UPDATE s.t SET a = (SELECT b FROM s.o o WHERE o.number = %(number)s AND o.c) WHERE number = %(number)s": "AS kept",
    "DELETE FROM s.t WHERE number = %(number)s AND a = %(a)s": "DELETE FROM s.t AS kept USING given WHERE",
    "INSERT INTO s.t (number, a) SELECT o.number, %(a)s FROM s.o o WHERE o.number = %(number)s": "FROM given, s.o o",
    "WITH old AS (SELECT * FROM s.t WHERE number = %(number)s AND b), new AS (UPDATE s.t SET a = %(a)s"
    " WHERE number = %(number)s AND b RETURNING *) SELECT 1 FROM old, new": "RETURNING kept.*) SELECT 1",
}
OTHERS = [
    "UPDATE s.t SET a = %(a)s WHERE b = %(number)s",
    "UPDATE s.t AS other SET a = %(a)s WHERE other.number = %(number)s",
    "INSERT INTO s.t (number) SELECT o.number FROM s.o o WHERE o.number = %(number)s ORDER BY o.a LIMIT 1",
    "INSERT INTO s.t (number, n) SELECT o.number, count(*) FROM s.o o WHERE o.number = %(number)s GROUP BY 1",
    "SELECT 1",
]


@pytest.mark.parametrize("sql", SHAPED)
def test_a_text_about_one_number_works_on_many(sql: str) -> None:
    made = for_many(sql, ["number", "a"], ["text", "integer"])
    assert made is not None
    assert SHAPED[sql] in made
    assert "%(" not in made


@pytest.mark.parametrize("sql", OTHERS)
def test_a_text_of_another_shape_stays_what_it_is(sql: str) -> None:
    assert for_many(sql, ["number", "a"], ["text", "integer"]) is None


def test_rows_of_a_number_come_one_after_the_other() -> None:
    rows = [{"number": number, "place": place} for place, number in enumerate("abacabd")]
    parts = waves(rows)
    assert ["".join(str(row["number"]) for row in part) for part in parts] == ["abcd", "ab", "a"]
    for number in "abcd":
        places = [str(row["place"]) for part in parts for row in part if row["number"] == number]
        assert places == sorted(places)
