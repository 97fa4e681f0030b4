"""QR codes on what is printed for residents: where to ask, and nothing about who asks."""

from __future__ import annotations

import io

import segno

MODULE = 4
"""Width of one of the code's squares, in the drawing's own units."""


def svg(address: str) -> str:
    """The address as a drawing to stand in a page (SVG, black on white, with the quiet zone that readers need).

    The address must say nothing of a person, and never hold a query code: whoever photographs the paper over
    somebody's shoulder would have the file.
    """
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", scale=MODULE, border=4, xmldecl=False, svgns=True, nl=False, light="#fff", omitsize=True
    )
    return out.getvalue().decode()
