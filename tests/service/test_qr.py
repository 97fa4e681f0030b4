"""QR codes: a drawing of the address and of nothing else."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import segno

from service.qr import svg

ADDRESS = "http://127.0.0.1:8000/public?number=HY-2026-000001"


def test_it_draws_the_address_and_carries_no_script_and_no_text() -> None:
    drawing = svg(ADDRESS)
    root = ElementTree.fromstring(drawing)
    assert {node.tag.rpartition("}")[2] for node in root.iter()} <= {"svg", "g", "path"}
    assert "HY-2026" not in drawing
    symbol = segno.make(ADDRESS, error="m", micro=False)
    dark = sum(sum(map(bool, row)) for row in symbol.matrix)
    line = next(node.get("d", "") for node in root.iter() if node.get("class") == "qrline")
    assert sum(int(run) for run in re.findall(r"h(\d+)", line)) == dark


def test_another_address_is_another_drawing() -> None:
    assert svg(ADDRESS) != svg(ADDRESS.replace("000001", "000002"))
