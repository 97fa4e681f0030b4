"""How the statistics keep their counters: SQL that counts what a batch of events changed.

A counter row holds every measure of one day for one value of one dimension, files that are protected apart. The rows of
a batch's files are kept as they stood before it; after it, what they count for now less what they counted for then is
added at once, so a counter never has to be computed anew. Counting with every event instead would change the few rows
of today once for each: in one transaction that costs with the square of the events, as no version of a row can go
before its end. What the measures are stands in measures.py, what they are cut by in dimensions.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from projections.dimensions import CUTS
from projections.measures import MEASURES, TABLES, Measure, Table, measures_of

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
BEFORE_DDL = """
CREATE UNLOGGED TABLE {schema}.<table>_before (LIKE {schema}.<table>, PRIMARY KEY (<key>));
"""
"""Rows as they stood before the batch at hand; between batches there are none."""

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

OF_FILES = "WHERE number = ANY(%(numbers)s::text[])"
KEEP = f"INSERT INTO {{schema}}.<table>_before SELECT * FROM {{schema}}.<table> {OF_FILES}"  # noqa: S608
KEPT = "WITH old AS (DELETE FROM {schema}.<table>_before RETURNING *)"
SINCE = f"SELECT 1 AS sign, * FROM {{schema}}.<table> {OF_FILES} UNION ALL SELECT -1, * FROM old"  # noqa: S608
CHANGED = "WITH old AS (SELECT * FROM {schema}.<table> WHERE <rows>), new AS (<updated> RETURNING *)"
DIFFERENCE = "SELECT 1 AS sign, * FROM new UNION ALL SELECT -1, * FROM old"

COUNTS_NOTHING = " AND ".join(f"{code} = 0" for code in MEASURES)
"""Rows of the counters that went back to nothing."""


def filled(template: str, **parts: str) -> str:
    """A template with its `<parts>` put in. All of them stand in this code."""
    return re.sub(r"<(\w+)>", lambda found: parts[found[1]], template)


def counters_ddl(keys: Mapping[Table, str]) -> str:
    """The table of counters, a column for each measure; and what is kept of the tables with these primary keys."""
    columns = ",\n    ".join(f"{code} integer NOT NULL DEFAULT 0" for code in MEASURES)
    return filled(DDL, measures=columns) + "".join(filled(BEFORE_DDL, table=one, key=keys[one]) for one in TABLES)


def values_of(measures: Iterable[Measure]) -> str:
    """What a row counts for in each of these measures: code, day, amount, whether it applies; as SQL."""
    return _values((f"'{one.code}'", one) for one in measures)


def _values(named: Iterable[tuple[object, Measure]]) -> str:
    return ", ".join(f"({name}, {one.day}, {one.amount}, {one.when})" for name, one in named)


def kept(of: Table) -> str:
    """A statement that keeps the rows of the files `numbers` as they stand before a batch."""
    return filled(KEEP, table=of)


def counted(of: Table) -> str:
    """A statement that counts what the rows of the files `numbers` became since they were `kept`."""
    return filled(KEPT, table=of) + _counting(filled(SINCE, table=of), of)


def counted_anew(of: Table) -> str:
    """A statement that counts every row of a table, for counters that hold nothing of it yet."""
    return _counting(filled("SELECT 1 AS sign, * FROM {schema}.<table>", table=of), of)


def updated(columns: Mapping[str, str], *, rows: str, of: Table) -> str:
    """A statement that changes rows and counts nothing."""
    assigned = ", ".join(f"{column} = {value}" for column, value in columns.items())
    return filled("UPDATE {schema}.<table> SET <assigned> WHERE <rows>", table=of, assigned=assigned, rows=rows)


def counting_by_itself(update: str, *, rows: str, of: Table) -> str:
    """The same with the counting: for rows of any file, outside of what a batch keeps. `rows` are the update's."""
    return filled(CHANGED, table=of, rows=rows, updated=update) + _counting(DIFFERENCE, of)


def _counting(rows: str, of: Table) -> str:
    """The statement's end that adds to the counters what the rows of a table count for, times their sign."""
    measures = measures_of(of)
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
        cuts=", ".join(f"('{cut}', coalesce(one.{cut}, ''))" for cut in CUTS),
        codes=", ".join(codes),
        sums=", ".join(f"{one} AS {code}" for one, code in zip(sums, codes, strict=True)),
        any=" OR ".join(f"{one} <> 0" for one in sums),
        totals=", ".join(totals),
        any_total=" OR ".join(f"{one} <> 0" for one in totals),
        added=", ".join(f"{code} = kept.{code} + excluded.{code}" for code in codes),
    )
