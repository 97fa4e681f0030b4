"""Handing a file out: saved by the browser, never shown by it as part of our pages."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

SAFE = "default-src 'none'; sandbox"
"""What a browser may do with a file that it shows all the same: nothing."""
CSV = "text/csv; charset=utf-8"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def handed_out(content: bytes, media_type: str, name: str) -> Response:
    """A file to be saved under a name; its type is not guessed (`nosniff` stands on every answer)."""
    named = f'filename="{name}"' if name.isascii() else f"filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": f"attachment; {named}", "Content-Security-Policy": SAFE}
    return Response(content, media_type=media_type, headers=headers)


def as_download(content: bytes, name: str) -> Response:
    """A document for the reader's own word processor; `name` without its ending."""
    return handed_out(content, DOCX, f"{name}.docx")
