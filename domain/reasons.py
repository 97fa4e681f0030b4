"""Why something is proposed, in words: a person decides on it, and has to see what speaks for it."""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """One reason, in both languages. It names codes and names of the rulebook, numbers and days; never a person."""

    zh: str
    en: str
