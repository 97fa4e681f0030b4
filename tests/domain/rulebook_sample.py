"""The sample rulebook, whole or edited."""

from pathlib import Path

from domain.rulebook import RulebookContent

TOML = (Path(__file__).parents[2] / "ops" / "samples" / "rulebook.toml").read_text(encoding="utf-8")
SAMPLE = RulebookContent.from_toml(TOML)


def edited(*changes: tuple[str, str]) -> str:
    """The sample's text with each first text replaced by the second, which must stand there."""
    text = TOML
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text
