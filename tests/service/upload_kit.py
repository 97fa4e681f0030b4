"""Files of every sort, made up: as people send them, and as those who mean harm do."""

from __future__ import annotations

import zipfile
from io import BytesIO

from docx import Document
from openpyxl import Workbook
from PIL import Image, PngImagePlugin

SECRET = "Taken-By-甘棠梨"
"""What a camera wrote beside the picture; it must not be kept."""
GPS = 0x8825
NOTES, TAKEN, ZONE = 0x8769, 0x9003, 0x9011
ORIENTATION = 0x0112
ARTIST = 0x013B
PDF = b"%PDF-1.7 made up %%EOF"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def photo(
    kind: str = "JPEG", *, turned: bool = True, size: tuple[int, int] = (40, 20), taken: str = "", zone: str = ""
) -> bytes:
    """A picture with notes, red on the left and blue on the right as it lies in the file; `turned`: on its side.

    `taken`: when, as cameras write it, `zone`: in which zone.
    """
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[ARTIST] = SECRET.encode("utf-8").decode("latin-1")
    exif[ORIENTATION] = 6 if turned else 1
    exif.get_ifd(NOTES).update({tag: said for tag, said in ((TAKEN, taken), (ZONE, zone)) if said})
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (24.0, 28.0, 46.0)
    written = BytesIO()
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", SECRET)
    more = {"pnginfo": notes} if kind == "PNG" else {"comment": SECRET.encode()} if kind == "JPEG" else {}
    picture.save(written, kind, exif=exif, **more)
    return written.getvalue()


def plain_png() -> bytes:
    """A small picture without anything beside it."""
    written = BytesIO()
    Image.new("RGB", (8, 8), "green").save(written, "PNG")
    return written.getvalue()


def document() -> bytes:
    """A text."""
    written, made = BytesIO(), Document()
    made.add_paragraph("物业答复")
    made.save(written)
    return written.getvalue()


def workbook() -> bytes:
    """A table."""
    written = BytesIO()
    Workbook().save(written)
    return written.getvalue()


def packed(base: bytes, **more: bytes) -> bytes:
    """An office file with more parts in it; `__` in a name stands for `/`, a last `_` for `.`."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(base)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            target.writestr(part, source.read(part))
        for name, content in more.items():
            target.writestr(name.replace("__", "/").replace("_", "."), content)
    return written.getvalue()


def box(kind: bytes, content: bytes = b"") -> bytes:
    """A box of an MP4 file."""
    return (len(content) + 8).to_bytes(4) + kind + content


def recording(notes: bytes = SECRET.encode()) -> bytes:
    """A video with notes beside it, in the places where telephones put them."""
    trak = box(b"trak", box(b"tkhd", bytes(20)) + box(b"udta", box(b"\xa9xyz", notes)))
    moov = box(b"moov", box(b"mvhd", bytes(20)) + trak + box(b"udta", notes) + box(b"meta", notes))
    return box(b"ftyp", b"mp42\0\0\0\0isommp42") + moov + box(b"mdat", b"PICTURES")


def song() -> bytes:
    """A sound recording with tags at both ends."""
    tag = b"ID3\x03\x00\x00" + bytes((0, 0, 0, len(SECRET.encode()))) + SECRET.encode()
    return tag + b"\xff\xfb\x90\x00" + bytes(413) + b"TAG" + SECRET.encode().ljust(125, b"\0")
