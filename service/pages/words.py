"""The languages of the pages: Chinese as it stands in templates and code, English from the catalogues beside them.

A message's id is its Chinese text. `service/translations/*.po` hold the English, a catalogue for each part of the
pages, read as they are: nothing is compiled, so a wheel and a checkout work alike. The words of vocabularies and of a
command's fields need no catalogue: their codes and names are English already.
"""

from __future__ import annotations

import re
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from babel.messages.pofile import read_po

from domain.vocabulary import Code

CATALOGUES = Path(__file__).parents[1] / "translations"
LANGUAGES = {"zh": "中文", "en": "English"}
"""The languages that a reader can choose, each in its own words."""


class Words(NullTranslations):
    """The messages of one language; one that is missing is told in Chinese."""

    def __init__(self, language: str, messages: dict[str, str]) -> None:
        """Take the messages by their Chinese text."""
        super().__init__()
        self.language = language
        self._messages = messages

    def gettext(self, message: str) -> str:
        """The message in this language."""
        return self._messages.get(message, message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """Chinese knows no plural, so that one message serves."""
        return self.gettext(singular)

    def code(self, code: Code) -> str:
        """The title of a code."""
        return readable(code.value) if self.language == "en" else code.zh

    def field(self, name: str, title: str | None) -> str:
        """The label of a command's field."""
        return readable(name) if self.language == "en" or title is None else title


def mark(message: str) -> str:
    """A message that code keeps and a template shows; import it as `_say`, by which catalogues find what to hold."""
    return message


def readable(name: str) -> str:
    """The name of a field, a code or a step as English words: `backdated_because` → `Backdated because`."""
    plain = re.sub(r"[_-]+", " ", name).strip()
    return plain[:1].upper() + plain[1:]


@cache
def words_in(language: str) -> Words:
    """The words of a language."""
    if language != "en":
        return Words("zh", {})
    return Words("en", {id_: told for path in sorted(CATALOGUES.glob("*.po")) for id_, told in catalogue(path).items()})


def catalogue(path: Path) -> dict[str, str]:
    """The messages of one catalogue by their ids."""
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale="en") if message.id}
