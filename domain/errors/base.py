"""What every refusal has: an HTTP status, a code, and its text in both languages."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """A rule said no. `loc` names the field at fault, where one is; `facts` fill the placeholders of the texts."""

    status: ClassVar[int] = 409
    code: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, loc: tuple[str | int, ...] = (), **facts: object) -> None:
        """Say which field is at fault and what the texts need."""
        self.loc = loc
        self.facts = facts
        super().__init__(self.code)

    def text(self, language: str = "zh") -> str:
        """The message in `zh` or `en`."""
        return (self.en if language == "en" else self.zh).format(**self.facts)
