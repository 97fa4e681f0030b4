"""Both languages: every message of templates and code is in a catalogue, and catalogues agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract

from service.dossier import PARTS
from service.pages.screen import TEMPLATES, environment
from service.pages.words import CATALOGUES, catalogue, readable, words_in

PAGES = Path(__file__).parents[2] / "service" / "pages"
HAN = re.compile(r"[㐀-鿿]")
HOLE = re.compile(r"%\((\w+)\)s")


def messages() -> Iterator[tuple[str, str]]:
    """Every message with the file where it stands."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        with path.open("rb") as file:
            for _, found, _, _ in extract("jinja2", file, options={"extensions": "jinja2.ext.do", "silent": "false"}):
                yield str(found), path.name
    for path in sorted(PAGES.rglob("*.py")):
        with path.open("rb") as file:
            for _, found, _, _ in extract("python", file, keywords={"gettext": None, "_say": None}):
                yield str(found), path.name


MESSAGES = dict(messages())


def test_messages_are_found() -> None:
    assert len(MESSAGES) > 50
    assert {"受理台", "工作人员登录", "已退出"} <= set(MESSAGES)


def test_every_message_is_told_in_english() -> None:
    english = words_in("en")
    missing = {f"{where}: {text}" for text, where in MESSAGES.items() if english.gettext(text) in {text, ""}}
    assert not {one for one in missing if HAN.search(one)}


def test_a_translation_keeps_what_is_filled_in() -> None:
    english = words_in("en")
    wrong = [text for text in MESSAGES if set(HOLE.findall(text)) != set(HOLE.findall(english.gettext(text)))]
    assert not wrong


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_says_what_the_others_say(path: Path) -> None:
    english = words_in("en")
    told = catalogue(path)
    assert told
    assert {id_: text for id_, text in told.items() if english.gettext(id_) != text} == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_template_can_be_read(language: str) -> None:
    for path in TEMPLATES.rglob("*.html"):
        environment(language).get_template(str(path.relative_to(TEMPLATES)))


def test_no_chinese_stands_in_a_template_outside_of_messages() -> None:
    for path in TEMPLATES.rglob("*.html"):
        bare = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert not HAN.search(bare), path.name


def test_the_parts_of_a_file_on_paper_are_told_in_english() -> None:
    assert not [title for title in PARTS.values() if words_in("en").gettext(title) == title]


def test_codes_and_fields_need_no_catalogue() -> None:
    assert readable("backdated_because") == "Backdated because"
    assert readable("accept-petition") == "Accept petition"
