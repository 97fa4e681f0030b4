"""Letters and the bound file from the command line, and what is swept."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from docx import Document
from typer.testing import CliRunner, Result

from domain.errors import Forbidden, NotPossibleNow
from service.cli import app
from service.letter_layout import LAYOUTS
from service.letters import default_template
from tests.service.api_kit import PERSON, Office
from tests.service.test_api_letters import accepted, words_of


def run(office: Office, *arguments: object) -> Result:
    """A command on the office's own database."""
    given = {"HUIYING_DATA_DIR": str(office.folder), "HUIYING_DATABASE_URL": office.url}
    return CliRunner().invoke(app, [str(one) for one in arguments], env=given)


def test_letters_and_the_file_are_printed_by_a_member_of_staff(office: Office, tmp_path: Path) -> None:
    number, out = accepted(office), tmp_path / "paper.docx"
    done = run(office, "letter", "issue", number, "acceptance", "--by", "intake", "--out", out)
    assert done.exit_code == 0, done.output
    first = words_of(out.read_bytes())
    assert PERSON["name"] in first
    run(office, "letter", "print", number, done.output.split()[-1], "--by", "intake", "--out", out)
    assert words_of(out.read_bytes()) == first
    assert run(office, "dossier", number, "--by", "intake", "--out", out).exit_code == 0
    assert "卷内目录" in words_of(out.read_bytes())
    out.unlink()
    refused = run(office, "letter", "issue", number, "reply", "--by", "intake", "--out", out)
    assert isinstance(refused.exception, NotPossibleNow)
    assert isinstance(run(office, "dossier", number, "--by", "supervisor", "--out", out).exception, Forbidden)
    assert not out.exists()
    assert run(office, "sweep").output.strip() == "swept: 0"


def test_the_templates_are_written_for_editing_and_never_over_others(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    asked = ["letter", "templates", "--out", str(folder)]
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert {path.name for path in folder.iterdir()} == {f"{name}.docx" for name in LAYOUTS}
    kept = folder / "答复意见书.docx"
    assert kept.read_bytes() == default_template("答复意见书")
    assert "{{ to }}：" in [one.text for one in Document(BytesIO(kept.read_bytes())).paragraphs]
    kept.write_bytes(b"mine")
    assert CliRunner().invoke(app, asked).exit_code == 2
    assert kept.read_bytes() == b"mine"
