"""File numbers (one number, one file: 一号一档) and query codes, with which a resident follows their own file."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from domain.errors import UnknownPetition

CODE_BYTES = 10
"""Random bytes in a query code: 80 bits, 16 characters."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("OIL", "011")
_MAX_TYPED = 64
_NUMBER = re.compile(r"(?P<office>[A-Z]{2,8})-(?P<year>\d{4})-(?P<serial>\d{6,12})", re.ASCII)


class FileNumber(NamedTuple):
    """The parts of a number: office code, year of the series, serial counted from 1 without a gap."""

    office: str
    year: int
    serial: int


def file_number(office: str, year: int, serial: int) -> str:
    """Write a number, e.g. `HY-2026-000123`; a serial over six digits gets longer. ValueError for impossible parts."""
    number = f"{office}-{year:04d}-{serial:06d}"
    if serial < 1 or not _NUMBER.fullmatch(number):
        raise ValueError("a number has an office of 2-8 capitals, a year of 4 digits and a serial of 1-12 digits")
    return number


def parse(number: str) -> FileNumber:
    """Read a number, as typed: case, width of the characters and outer spaces do not matter.

    Raises UnknownPetition for anything that `file_number` cannot have written.
    """
    plain = unicodedata.normalize("NFKC", number[:_MAX_TYPED]).strip().upper()
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise UnknownPetition
    parts = FileNumber(match["office"], int(match["year"]), int(match["serial"]))
    if parts.serial < 1 or file_number(*parts) != plain:
        raise UnknownPetition
    return parts


@lru_cache(maxsize=8192)
def as_written(number: str) -> str:
    """A typed number as `file_number` writes it. Raises UnknownPetition for what it cannot have written."""
    return file_number(*parse(number))


def new_query_code(random_bytes: bytes) -> str:
    """Write random bytes as a code that can be read out and typed, e.g. `7KQ4-M2XW-9TBC-04HV` (Crockford's base 32).

    Takes the first ten bytes (80 bits); ValueError for fewer.
    """
    if len(random_bytes) < CODE_BYTES:
        raise ValueError(f"a query code needs {CODE_BYTES} random bytes")
    value = int.from_bytes(random_bytes[:CODE_BYTES])
    return _grouped("".join(_ALPHABET[value >> shift & 31] for shift in range(8 * CODE_BYTES - 5, -1, -5)))


def normalise_query_code(code: str) -> str:
    """Bring a typed code to its written form: capitals, O read as 0, I and L as 1, groups of four.

    What is no code stays none: its digest is nobody's.
    """
    plain = unicodedata.normalize("NFKC", code[:_MAX_TYPED]).upper()
    return _grouped(re.sub(r"[\W_]", "", plain).translate(_LOOKALIKES))


def query_code_digest(code: str) -> str:
    """What is stored of a code: SHA-256 in hex over its written form.

    No salt and no slow hash: 80 random bits cannot be tried out. It does not depend on the number, which is only
    known when the petition is stored.
    """
    return written_code_digest(normalise_query_code(code))


def written_code_digest(code: str) -> str:
    """`query_code_digest` of a code that stands in its written form, as `new_query_code` gives it."""
    return hashlib.sha256(b"huiying/query-code/1\0" + code.encode()).hexdigest()


def _grouped(characters: str) -> str:
    """Groups of four with dashes between."""
    return "-".join(characters[place : place + 4] for place in range(0, len(characters), 4))
