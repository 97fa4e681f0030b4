"""One statement for many rows, made of the one for a single row, where each concerns the rows of its own number alone.

`UPDATE t SET a = %(a)s WHERE number = %(number)s` becomes an update of `t` from the rows that were sent, and in the
same way deletions, inserts of what a SELECT finds, and changes that are counted (counters.py). What has another shape
stays what it is. Rows of the same number must not come together: `waves` parts them, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

PARAMETER = re.compile(r"%\((\w+)\)s")
OWN = 'number = given."given_number"'
"""What holds a row that was sent to the rows of its number."""
KEY = "number"

KEPT = re.compile(
    r"WITH old AS \(SELECT \* FROM (\S+) (WHERE .*?)\), new AS \(UPDATE \1 SET (.*) \2 RETURNING \*\)(.*)", re.DOTALL
)
UPDATE = re.compile(rf"\s*UPDATE (\S+) SET (.*?)\s+(WHERE {re.escape(OWN)}.*)", re.DOTALL)
DELETE = re.compile(rf"\s*DELETE FROM (\S+) (WHERE {re.escape(OWN)}.*)", re.DOTALL)
SELECTED = re.compile(
    rf"\s*(INSERT INTO \S+ \([^()]+\)\s+SELECT .*?)\s+FROM (\S+ \w+\b.*?\sWHERE \w+\.{re.escape(OWN)}.*)", re.DOTALL
)
WHOLE = re.compile(r"\b(LIMIT|DISTINCT|GROUP BY|HAVING|count|sum|max|min)\b", re.IGNORECASE)
"""Words that speak of all rows that a statement finds, which are others when it works on many numbers."""


def for_many(sql: str, names: Sequence[str], types: Sequence[str]) -> str | None:
    """The statement over the rows of the document `given_rows`; None where the text has no such shape."""
    renamed = ", ".join(f'sent."{name}" AS "given_{name}"' for name in names)
    columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(names, types, strict=True))
    given = f"given AS (SELECT {renamed} FROM json_to_recordset(given_rows) AS sent ({columns}))"
    text = PARAMETER.sub(r'given."given_\1"', sql.replace("%%", "%"))
    if (found := KEPT.fullmatch(text)) and OWN in found[2]:
        table, where, assigned, rest = found.groups()
        old = f"old AS (SELECT kept.* FROM {table} AS kept, given {where})"
        new = f"new AS (UPDATE {table} AS kept SET {assigned} FROM given {where} RETURNING kept.*)"
        return f"WITH {given}, {old}, {new}{rest}"
    if found := UPDATE.fullmatch(text):
        table, assigned, where = found.groups()
        return f"WITH {given} UPDATE {table} AS kept SET {assigned} FROM given {where}"
    if found := DELETE.fullmatch(text):
        table, where = found.groups()
        return f"WITH {given} DELETE FROM {table} AS kept USING given {where}"
    if (found := SELECTED.fullmatch(text)) and not WHOLE.search(text):
        return f"WITH {given} {found[1]} FROM given, {found[2]}"
    return None


def waves(rows: Iterable[Mapping[str, object]]) -> list[list[Mapping[str, object]]]:
    """The rows in as few parts as have no number twice; a number's rows in their order."""
    parts: list[list[Mapping[str, object]]] = []
    times: dict[object, int] = {}
    for row in rows:
        time = times[row[KEY]] = times.get(row[KEY], -1) + 1
        if time == len(parts):
            parts.append([])
        parts[time].append(row)
    return parts
