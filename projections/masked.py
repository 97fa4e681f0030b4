"""What of personal data a projection may store, and how it is shown again.

Stored are texts with references to the petitioners and without whatever else could be detected, and each petitioner's
masked values apart from them. So erasing one person is one change, and a dump or a search index holds nothing in plain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from domain.kernel import Erased
from domain.petition.events.values import Petitioner
from domain.petition.references import FIELDS, People, mask_identity, people_of, render
from domain.redaction import cleaned

WHOLE_FILE = "*"
"""Stands in a list of petitioner ids for the whole file."""
GONE = "[已删除]"
SEALED = "[已封存]"
"""What is shown of data that is kept but no longer processed (《个人信息保护法》 47)."""
ANONYMOUS = "匿名"

_REMEMBERED: dict[tuple[str, int, int], str] = {}
"""Masked texts by length and hash of the value itself, of which nothing is kept: several projections mask the same.

The hash is the string's own, made with a key of the process's own and once for each string (ops/adr/0038).
"""
_MOST_REMEMBERED = 4096


def masked(text: str | Erased | None) -> str | None:
    """A text as a projection stores it: references stay, other personal data that can be detected goes.

    None for a text that was erased, as for none at all.
    """
    if not isinstance(text, str):
        return None
    return _remembered("", text, _redacted)


def _redacted(kind: str, text: str) -> str:
    return cleaned(text)


def _remembered(kind: str, value: str, mask: Callable[[str, str], str]) -> str:
    key = (kind, len(value), hash(value))
    known = _REMEMBERED.get(key)
    if known is None:
        if len(_REMEMBERED) >= _MOST_REMEMBERED:
            _REMEMBERED.clear()
        known = _REMEMBERED[key] = mask(kind, value)
    return known


def _identity(field: str, value: str) -> str:
    return _remembered(field, value, mask_identity)


def published(text: str | Erased | None) -> str | None:
    """A text that was approved for the public, as a projection stores it: as it was approved, references and all.

    None for a text that was erased.
    """
    return text if isinstance(text, str) else None


def masked_people(petitioners: Iterable[Petitioner]) -> dict[str, dict[str, str]]:
    """Each petitioner's masked values by id and field, for a jsonb column; erased values are left out."""
    return people_of(petitioners, _identity)


def whom(petitioner: str | None) -> str:
    """The list entry for an event that concerns a petitioner, or (None) the whole file."""
    return petitioner or WHOLE_FILE


def shown(text: str | None, people: People, restricted: Collection[str]) -> str:
    """A stored text for people to read: masked values in place of references, and the word for what is not there."""
    if WHOLE_FILE in restricted:
        return SEALED
    if text is None:
        return GONE
    return render(text, _unless(people, restricted), GONE) or ""


def shown_name(petitioners: Collection[str], people: People, restricted: Collection[str]) -> str:
    """Who stands behind a file, masked: `张某某`, `张某某等3人`, `匿名`."""
    if not petitioners:
        return ANONYMOUS
    first = next(iter(petitioners))
    if WHOLE_FILE in restricted or first in restricted:
        name = SEALED
    else:
        name = people.get(first, {}).get("name", GONE if not people.get(first) else "***")
    return name if len(petitioners) == 1 else f"{name}等{len(petitioners)}人"


def _unless(people: People, restricted: Collection[str]) -> People:
    sealed = dict.fromkeys(FIELDS, SEALED)
    return {**people, **{who: sealed for who in restricted if who in people}} if restricted else people
