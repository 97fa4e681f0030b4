"""How the statistics keep their counters: SQL that changes rows and, in the same statement, what was counted of them.

A counter row holds every measure of one day for one value of one dimension, files that are protected apart. Each
statement adds what the rows count for now less what they counted for before, so a counter never has to be computed
anew. What the measures are stands in measures.py, what they are cut by in dimensions.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from projections.dimensions import CUTS, Cut
from projections.measures import MEASURES, Measure, Table, measures_of

MOVING = {*CUTS, "secret", "accused"}
"""Columns that say to which counters a row belongs at all."""

DDL = """
CREATE TABLE {schema}.counters (
    dimension text NOT NULL,
    day date NOT NULL,
    value text NOT NULL,
    protected boolean NOT NULL,
    <measures>,
    PRIMARY KEY (dimension, day, value, protected)
) WITH (fillfactor = 80);
"""

INTO_COUNTERS = """
INSERT INTO {schema}.counters AS kept (dimension, day, value, protected, <codes>)
SELECT cut.dimension, one.day, cut.value, one.protected, <totals>
FROM (
    SELECT counted.day, row.protected, <columns>, <sums>
    FROM (<rows>) AS row CROSS JOIN LATERAL (VALUES <measures>) AS counted (measure, day, amount, applies)
    WHERE counted.applies AND counted.day IS NOT NULL
    GROUP BY counted.day, row.protected, <columns> HAVING <any>
) AS one CROSS JOIN LATERAL (VALUES <cuts>) AS cut (dimension, value)
GROUP BY 1, 2, 3, 4 HAVING <any_total>
ON CONFLICT (dimension, day, value, protected) DO UPDATE SET <added>
"""
"""What a row was and what it is mostly stand under the same values: they are taken from each other before the cuts."""

KEPT = "WITH old AS (SELECT * FROM {schema}.<table> <where>), new AS (<updated> RETURNING *)"
NEW = "SELECT 1 AS sign, * FROM new"
DIFFERENCE = "SELECT 1 AS sign, * FROM new UNION ALL SELECT -1, * FROM old"


UNCOUNTED: dict[str, str] = {}
"""Every statement that counts, with the one that only changes the rows: for when all is counted at the end."""

COUNTS_NOTHING = " AND ".join(f"{code} = 0" for code in MEASURES)
"""Rows of the counters that went back to nothing."""


def filled(template: str, **parts: str) -> str:
    """A template with its `<parts>` put in. All of them stand in this code."""
    return re.sub(r"<(\w+)>", lambda found: parts[found[1]], template)


def counters_ddl() -> str:
    """The table of counters: a column for each measure."""
    return filled(DDL, measures=",\n    ".join(f"{code} integer NOT NULL DEFAULT 0" for code in MEASURES))


def values_of(measures: Iterable[Measure]) -> str:
    """What a row counts for in each of these measures: code, day, amount, whether it applies; as SQL."""
    return _values((f"'{one.code}'", one) for one in measures)


def _values(named: Iterable[tuple[object, Measure]]) -> str:
    return ", ".join(f"({name}, {one.day}, {one.amount}, {one.when})" for name, one in named)


def begun(columns: Mapping[str, str], *, into: Table = "rounds", source: str = "") -> str:
    """A statement that inserts a row and counts it; `source` is what follows a SELECT of the columns' values.

    Only measures of a day that the new row has: days are NULL by default, and on no day nothing is counted.
    """
    measures = tuple(one for one in measures_of(into) if not _words(one.day).isdisjoint(columns))
    values = ", ".join(columns.values())
    rows = f"SELECT {values} {source}" if source else f"VALUES ({values})"
    plain = filled("INSERT INTO {schema}.<table> (<names>) <rows>", table=into, names=", ".join(columns), rows=rows)
    return _known(f"WITH new AS ({plain} RETURNING *)" + _counting(NEW, measures), plain)


def _known(counting: str, plain: str) -> str:
    """The statement that counts, entered among those that have one without."""
    UNCOUNTED[counting] = plain
    return counting


def counted_anew(of: Table) -> str:
    """A statement that counts every row of a table, for counters that hold nothing of it yet."""
    return _counting(filled("SELECT 1 AS sign, * FROM {schema}.<table>", table=of), measures_of(of))


def changed(
    columns: Mapping[str, str], *, rows: str = "number = %(number)s", only: str = "true", of: Table = "rounds"
) -> str:
    """A statement that changes the rows of a file (or others) and takes the difference into the counters."""
    where = f"WHERE {rows} AND {only}"
    assigned = ", ".join(f"{column} = {value}" for column, value in columns.items())
    updated = filled("UPDATE {schema}.<table> SET <assigned> <where>", table=of, assigned=assigned, where=where)
    moving = MOVING.intersection(columns)
    touched = _touched(columns, of)
    measures = measures_of(of) if moving else touched
    if not measures:
        return updated
    # Where a row only goes from one value of a cut to another, it counts for the same as before under all other cuts.
    cuts = [cut for cut in CUTS if cut in moving] if moving.issubset(CUTS) and not touched else CUTS
    return _known(filled(KEPT, table=of, where=where, updated=updated) + _counting(DIFFERENCE, measures, cuts), updated)


def _touched(columns: Collection[str], of: Table) -> tuple[Measure, ...]:
    """The measures whose rule reads one of these columns."""
    return tuple(one for one in measures_of(of) if not _words(f"{one.when} {one.day} {one.amount}").isdisjoint(columns))


def _words(sql: str) -> set[str]:
    return set(re.findall(r"\w+", sql))


def _counting(rows: str, measures: Sequence[Measure], cuts: Sequence[Cut] = CUTS) -> str:
    """The statement's end that adds to the counters what the rows count for, times their sign."""
    codes = [one.code for one in measures]
    sums = [
        f"coalesce(sum(row.sign * counted.amount) FILTER (WHERE counted.measure = {place}), 0)"
        for place, _ in enumerate(codes)
    ]
    totals = [f"sum(one.{code})" for code in codes]
    return filled(
        INTO_COUNTERS,
        rows=rows,
        measures=_values(enumerate(measures)),
        columns=", ".join(f"row.{cut}" for cut in CUTS),
        cuts=", ".join(f"('{cut}', coalesce(one.{cut}, ''))" for cut in cuts),
        codes=", ".join(codes),
        sums=", ".join(f"{one} AS {code}" for one, code in zip(sums, codes, strict=True)),
        any=" OR ".join(f"{one} <> 0" for one in sums),
        totals=", ".join(totals),
        any_total=" OR ".join(f"{one} <> 0" for one in totals),
        added=", ".join(f"{code} = kept.{code} + excluded.{code}" for code in codes),
    )
