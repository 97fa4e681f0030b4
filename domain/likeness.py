"""重复件建议: how alike two petitions are, said so that a person can judge it. Nobody but a person links them.

Same person and same matter: the matter by the words that both texts share (Dice's coefficient over the pairs of
characters of `domain.terms`: twice the shared ones over all of both), the place, the category and the time between.
Thresholds and the window of time are the rulebook's (`duplicates`).

`keys` finds texts that may be alike without reading all of them: the smallest hashes of a text's terms, taken two by
two (MinHash with one permutation). Two texts of likeness 0.5 share at least one of the 20 keys in nine cases of ten,
of 0.6 in ninety-eight of a hundred, texts about different matters seldom.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

from domain.masking import compact, only_digits
from domain.petition.events.values import Petitioner
from domain.reasons import Reason
from domain.rules.content import RulebookContent
from domain.vocabulary import Code, PetitionerKind

BANDS = 20
ROWS = 2
KEY_BITS = 48
MOST_KEPT = 1 << 15
"""Terms whose hashes are kept."""

_EMPTY = 1 << 64
_COUNTRY = re.compile(r"^(?:00)?86(?=1\d{10}$)")


class SameBy(Code):
    """By what two petitioners are known to be the same person."""

    ID_NUMBER = "id_number", "证件号码相同"
    PHONE = "phone", "电话相同"
    NAME_ADDRESS = "name_address", "姓名和住址相同"


KNOWN_BY = {
    SameBy.ID_NUMBER: "identity number",
    SameBy.PHONE: "telephone",
    SameBy.NAME_ADDRESS: "name and address",
}
WEIGHTS = {"person": 0.5, "place": 0.2, "category": 0.1}
"""What speaks for a duplicate beside the text; the score is the likeness and these, as a share of all together."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a petition is compared. `person`: by what its petitioner is one of the other's; empty for others."""

    day: date | None
    terms: frozenset[str]
    area: str | None = None
    category: str | None = None
    person: tuple[SameBy, ...] = ()


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike: `likeness` of the texts and `score` of everything, 0 to 1, with all that speaks for it."""

    score: float
    likeness: float
    reasons: tuple[Reason, ...]


def identities(petitioner: Petitioner) -> Iterator[tuple[SameBy, str]]:
    """By what a petitioner can be known again, in one spelling each; an agent speaks for many and is left out."""
    if petitioner.kind is PetitionerKind.AGENT:
        return
    if isinstance(petitioner.id_number, str):
        yield SameBy.ID_NUMBER, re.sub(r"[^0-9A-Z]", "", compact(petitioner.id_number))
    if isinstance(petitioner.phone, str):
        yield SameBy.PHONE, _COUNTRY.sub("", only_digits(compact(petitioner.phone)))
    if isinstance(petitioner.name, str) and isinstance(petitioner.address, str):
        yield SameBy.NAME_ADDRESS, f"{compact(petitioner.name)}\n{compact(petitioner.address)}"


def likeness(one: Collection[str], other: Collection[str]) -> float:
    """Dice's coefficient of two sets of terms: 1 for equal ones, 0 where nothing is shared or one is empty."""
    if not one or not other:
        return 0.0
    return 2 * len(set(one) & set(other)) / (len(one) + len(other))


def compare(mine: Seen, other: Seen, rulebook: RulebookContent) -> Alike | None:
    """How alike two petitions are; None where they are not alike enough, or too far from each other in time.

    For the same person the texts must be somewhat alike; for others very much so, and about the same community.
    """
    rules = rulebook.duplicates
    if mine.day is None or other.day is None or abs((mine.day - other.day).days) > rules.window_days:
        return None
    texts = likeness(mine.terms, other.terms)
    near, least = _near(mine.area, other.area, rulebook), rules.same_person if other.person else rules.other_person
    if texts < least or not (other.person or near):
        return None
    subject = _same_subject(mine.category, other.category, rulebook)
    spoken = {"person": bool(other.person), "place": near is not None, "category": subject is not None}
    score = (texts + sum(WEIGHTS[name] for name, holds in spoken.items() if holds)) / (1 + sum(WEIGHTS.values()))
    days = abs((mine.day - other.day).days)
    reasons = (
        *(Reason(f"同一人：{one.zh}", f"the same person, by {KNOWN_BY[one]}") for one in other.person),
        Reason(f"文字相似度{texts:.0%}（不低于{least:.0%}）", f"texts {texts:.0%} alike (at least {least:.0%})"),
        *filter(None, (near, subject)),
        Reason(f"收到日相隔{days}天", f"received {days} days apart"),
    )
    return Alike(round(score, 2), round(texts, 2), reasons)


def _near(one: str | None, other: str | None, rulebook: RulebookContent) -> Reason | None:
    """The same place: the smallest area that holds both, if it is a community or lies in one."""
    if one is None or other is None:
        return None
    around = rulebook.area_chain(other)
    common = next((code for code in rulebook.area_chain(one) if code in around), None)
    area = rulebook.area(common) if common and rulebook.community_of(common) else None
    return Reason(f"同一地点：{area.name}", f"the same place: {area.name}") if area else None


def _same_subject(one: str | None, other: str | None, rulebook: RulebookContent) -> Reason | None:
    """The same category, or one within the other."""
    if one is None or other is None:
        return None
    chains = rulebook.category_chain(one), rulebook.category_chain(other)
    if chains[0][:1] != chains[1][:1] and one not in chains[1] and other not in chains[0]:
        return None
    row = rulebook.category(one)
    return Reason(f"同一类别：{row.name}", f"the same category: {row.name}") if row else None


def keys(terms: Sequence[str]) -> tuple[int, ...]:
    """Keys of `KEY_BITS` bits by which a text with like terms is found; none for a text without a word."""
    bins = [_EMPTY] * (BANDS * ROWS)
    for place, value in map(_PLACES.__getitem__, terms):
        if value < bins[place]:  # noqa: PLR1730 - min() would take longer than all the rest
            bins[place] = value
    filled = next((value for value in bins if value is not _EMPTY), None)
    if filled is None:
        return ()
    # An empty bin takes what stands in the next one that is not, so that short texts have as many keys as long ones.
    last, full = filled, list[int]()
    for bin_ in reversed(bins):
        last = last if bin_ is _EMPTY else bin_
        full.append(last)
    # Multiply-shift hashing (Dietzfelbinger et al. 1997) of hashes that are even already; the band's share is known.
    rows = zip(_BEGUN, full[::ROWS], full[1::ROWS], strict=True)
    return tuple(
        [
            ((begun + one * 0x9E3779B97F4A7C15 + other * 0xC2B2AE3D27D4EB4F) & 0xFFFF_FFFF_FFFF_FFFF) >> 64 - KEY_BITS
            for begun, one, other in rows
        ]
    )


_BEGUN = tuple(band * 0x165667B19E3779F9 for band in range(BANDS))


class _Places(dict[str, tuple[int, int]]):
    """Each term's bin and its hash there, kept: an office writes with the same few thousand pairs of characters."""

    def __missing__(self, term: str) -> tuple[int, int]:
        value, place = divmod(int.from_bytes(blake2b(term.encode(), digest_size=8).digest()), BANDS * ROWS)
        if len(self) >= MOST_KEPT:
            self.clear()
        return self.setdefault(term, (place, value))


_PLACES = _Places()
