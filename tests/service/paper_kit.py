"""Papers as people see them: a .docx opened by LibreOffice and looked at as pages."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(
    SOFFICE is None or shutil.which("pdftotext") is None, reason="LibreOffice and poppler-utils are not installed"
)
PATIENCE = 240
LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|⟦|⟧|None|\[\]")
"""What must not be left of a template or of a reference."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A document as it was laid out: the text of each page, the gaps between its lines closed."""

    pages: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pages)


def laid_out(papers: Mapping[str, bytes], folder: Path) -> dict[str, Printed]:
    """The pages of several .docx, laid out by one LibreOffice with a profile of its own."""
    for name, content in papers.items():
        (folder / f"{name}.docx").write_bytes(content)
    command = [str(SOFFICE), f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf"]
    named = [str(folder / f"{name}.docx") for name in papers]
    subprocess.run([*command, "--outdir", str(folder), *named], check=True, capture_output=True, timeout=PATIENCE)
    return {name: _read(folder / f"{name}.pdf") for name in papers}


def _read(pdf: Path) -> Printed:
    command = ["pdftotext", "-enc", "UTF-8", str(pdf), "-"]
    told = subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE).stdout.decode()
    return Printed(tuple(re.sub(r"\s+", "", page) for page in told.split("\f")[:-1]))
