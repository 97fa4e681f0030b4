"""Values known to be personal, under all the forms that they take in a text, and where these stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.detectors import Span
from domain.masking import (
    GAP,
    HIDDEN,
    LANDLINE,
    MOBILE,
    compact,
    digits_for_numerals,
    fold,
    mask_address,
    mask_id_number,
    mask_phone,
    street_part,
    without_gaps,
)
from domain.names import mask_name, name_parts
from domain.vocabulary import RedactionKind

_GAP = re.compile(GAP)


@dataclass(frozen=True, slots=True)
class Known:
    """Personal values given with the petition: whole values as sent. Never shown by `repr`.

    `mentioned`: names that the petition's own words announce ("我叫…", "联系人：…"), sought wherever they stand again.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    id_numbers: tuple[str, ...] = field(default=(), repr=False)
    addresses: tuple[str, ...] = field(default=(), repr=False)
    mentioned: tuple[str, ...] = field(default=(), repr=False)


NOBODY = Known()


@dataclass(frozen=True, slots=True, repr=False)
class Needle:
    """One form of a known value, folded; `loose` forms are sought with the gaps left out of the text."""

    kind: RedactionKind
    form: str
    shown: str
    loose: bool


def name_as_announced(name: str) -> Needle:
    """A name that the text itself announced, to be found again further on."""
    return Needle(RedactionKind.NAME, compact(name), mask_name(name), loose=True)


def needles_of_name(name: str) -> Iterator[Needle]:
    """Every form of a name that the petition's own words announced."""
    return _forms(RedactionKind.NAME, name_parts(name), mask_name(name))


def needles_of(known: Known) -> Iterator[Needle]:
    """Every form under which known values are sought."""
    for name in known.names:
        yield from needles_of_name(name)
    for phone in known.phones:
        plain = digits_for_numerals(fold(phone))
        inner = [match[0] for pattern in (MOBILE, LANDLINE) for match in pattern.finditer(plain)]
        bare = [re.sub(r"^\(?(?:\+|00)?86\)?", "", number) for number in inner]
        yield from _forms(RedactionKind.PHONE, (phone, *inner, *bare), mask_phone(phone))
    for number in known.id_numbers:
        yield from _forms(RedactionKind.ID_NUMBER, (number,), mask_id_number(number))
    for address in known.addresses:
        masked = mask_address(address)
        if masked != address.strip():
            yield from _forms(RedactionKind.ADDRESS, (address,), masked)
            yield from _forms(RedactionKind.ADDRESS, _below_street(address), HIDDEN)


_COMPONENT = re.compile(
    r"(?<=[号弄])(?=\D)|\d+(?=[^\d])|[A-Z](?=[座栋幢区]|\d)|[零〇一二两三四五六七八九十百]+(?=[号栋幢弄组楼室]|单元)"
)


def _below_street(address: str) -> Iterator[str]:
    """The part of an address below its street, and each tail of that from a house, building, unit or room on."""
    below = address.strip()[len(street_part(address)) :].strip()
    tails = [below[match.start() :] for match in _COMPONENT.finditer(fold(below))]
    for tail in (below, *(tail for tail in tails if re.search(r"\d", digits_for_numerals(fold(tail))))):
        if len(compact(tail)) > 2 and not compact(tail).isdecimal():
            yield tail


def _forms(kind: RedactionKind, values: tuple[str, ...] | Iterator[str], shown: str) -> Iterator[Needle]:
    """Needles for the forms of one value. What is too short without its gaps is sought exactly as it stands."""
    for value in values:
        form = compact(value)
        if len(form) > 1:
            yield Needle(kind, form, shown, loose=True)
            if kind is not RedactionKind.NAME and digits_for_numerals(form) != form:
                yield Needle(kind, digits_for_numerals(form), shown, loose=True)
        elif len(value) > 1:
            yield Needle(kind, fold(value), shown, loose=False)


def known_spans(folded: str, needles: tuple[Needle, ...]) -> Iterator[Span]:
    """Where known values stand, gaps between their characters passed over, Chinese numerals read as digits."""
    if not needles:
        return
    dense = without_gaps(folded)
    as_digits = digits_for_numerals(dense)
    places: Sequence[int] = ()
    for needle in needles:
        if not needle.loose:
            yield from ((needle.kind, at, at + len(needle.form)) for at in occurrences(folded, needle.form))
            continue
        texts = {dense} if needle.kind is RedactionKind.NAME else {dense, as_digits}
        for text in texts:
            for at in occurrences(text, needle.form):
                places = places or _places(folded, dense)
                yield needle.kind, places[at], places[at + len(needle.form) - 1] + 1


def _places(folded: str, dense: str) -> Sequence[int]:
    """Where each character of a text without gaps stands in the text."""
    if len(dense) == len(folded):
        return range(len(folded))
    return [place for place, character in enumerate(folded) if not _GAP.match(character)]


def occurrences(text: str, form: str) -> Iterator[int]:
    """Every place of a form in a text, overlapping ones too."""
    at = text.find(form)
    while at >= 0:
        yield at
        at = text.find(form, at + 1)
