"""Columns of values for `unnest`, in PostgreSQL's binary form of arrays, put together in one go.

The driver looks at every element of a list by itself, which costs the writer more than encrypting the event did.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Any, ClassVar
from uuid import UUID

from psycopg import Connection, postgres
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = Struct("!iiIii")
"""Dimensions, whether there are nulls, the elements' type, how many they are, the first one's index."""
_EMPTY = Struct("!iiI")
_LENGTH = Struct("!i")
_INT4, _INT8 = Struct("!i"), Struct("!q")


class Column:
    """Values of one type, none of them null, as a parameter in binary form."""

    element: ClassVar[str]
    __slots__ = ("values",)

    def __init__(self, values: Iterable[bytes]) -> None:
        """`values` in the binary form of their type."""
        self.values = list(values)

    def encoded(self) -> bytes:
        """The array."""
        oid = postgres.types[self.element].oid
        if not self.values:
            return _EMPTY.pack(0, 0, oid)
        pieces = [_HEAD.pack(1, 0, oid, len(self.values), 1)]
        for value in self.values:
            pieces += (_LENGTH.pack(len(value)), value)
        return b"".join(pieces)


class Uuids(Column):
    """uuid[]"""

    element = "uuid"

    def __init__(self, values: Iterable[UUID]) -> None:
        """Take the values."""
        super().__init__(value.bytes for value in values)


class Texts(Column):
    """text[]"""

    element = "text"

    def __init__(self, values: Iterable[str]) -> None:
        """Take the values."""
        super().__init__(value.encode() for value in values)


class Blobs(Column):
    """bytea[]"""

    element = "bytea"


class Ints(Column):
    """integer[]"""

    element = "int4"

    def __init__(self, values: Iterable[int]) -> None:
        """Take the values."""
        super().__init__(map(_INT4.pack, values))


class Bigints(Column):
    """bigint[]"""

    element = "int8"

    def __init__(self, values: Iterable[int]) -> None:
        """Take the values."""
        super().__init__(map(_INT8.pack, values))


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> bytes:
        return obj.encoded()


def taking_columns(connection: Connection[Any]) -> None:
    """Let the connection take columns as parameters."""
    for kind in (Uuids, Texts, Blobs, Ints, Bigints):
        oid = postgres.types[kind.element].array_oid
        connection.adapters.register_dumper(kind, type(f"{kind.__name__}Dumper", (_ColumnDumper,), {"oid": oid}))
