"""What may be uploaded: decided by the content, never by what a file is called.

A file is of a listed type, its content is what its type says, and nothing in it unpacks to more than it may. Pictures
are drawn anew, the right way up, so that nothing else that a camera wrote (place, time, owner) is kept; where and when
a photo was taken is said in the step that it belongs to. Recordings lose the notes that a telephone puts beside them.
"""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from zipfile import BadZipFile, ZipFile

import puremagic
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from domain.errors import TooLarge, Unfit, UnsupportedMedia

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 60_000_000
MOST_SIDE = 20_000
MOST_UNPACKED = 100 * 1024 * 1024
MOST_PARTS = 3_000
MOST_SWELLING = 200
"""How many times its packed size an office file may unpack to: written text is far below."""
QUALITY = 92

OFFICE = "application/vnd.openxmlformats-officedocument"
OFFICE_PARTS: Mapping[str, str] = {
    f"{OFFICE}.wordprocessingml.document": "word/document.xml",
    f"{OFFICE}.spreadsheetml.sheet": "xl/workbook.xml",
    f"{OFFICE}.presentationml.presentation": "ppt/presentation.xml",
}
"""Each office type with the part that only a file of it has."""
MACROS = re.compile(r"vba|macro|activex", re.IGNORECASE)
PICTURES: Mapping[str, str] = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
RECORDINGS: Mapping[str, frozenset[str]] = {
    "audio/mpeg": frozenset({"audio/mpeg"}),
    "audio/mp4": frozenset({"audio/mp4", "video/mp4"}),
    "audio/wav": frozenset({"audio/wave", "audio/x-wav"}),
    "video/mp4": frozenset({"video/mp4"}),
}
"""Recordings, each with what their content is known as."""
MARKUP = re.compile(r"<\s*(?:!doctype|html|svg|script|\?xml|head|body|iframe)|\A%PDF-", re.IGNORECASE)
NOTES = frozenset({b"udta", b"meta", b"uuid"})
"""Boxes of an MP4 file that hold notes, such as where a telephone was; what holds sound and picture is in others."""
HOLDERS = frozenset({b"moov", b"trak"})


def fit(content: bytes, media_type: str) -> bytes:
    """The content as it is kept; raises `TooLarge`, `UnsupportedMedia`, or `Unfit` saying what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise TooLarge(limit=MOST_BYTES)
    check = CHECKS.get(media_type)
    if check is None:
        raise UnsupportedMedia(known=KNOWN)
    return check(content, media_type)


UNTOLD = (
    KeyError, ValueError, OverflowError, TypeError, OSError, SyntaxError, EOFError, struct.error,
    Image.DecompressionBombError,
)  # fmt: skip
"""What comes of reading notes that are not there, or are nonsense."""


def taken_at(content: bytes, media_type: str) -> datetime | None:
    """When a camera says that it took a picture, in UTC; its clock's time is of Shanghai where it names no zone.

    None where it does not say so: this must not keep a picture from being taken.
    """
    kind = PICTURES.get(media_type)
    try:
        with Image.open(BytesIO(content), formats=[kind] if kind else []) as picture:
            notes = picture.getexif().get_ifd(ExifTags.IFD.Exif)
        zone = str(notes.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ") or "+08:00"
        said = f"{str(notes[ExifTags.Base.DateTimeOriginal]).strip(chr(0))} {zone}"
        return datetime.strptime(said, "%Y:%m:%d %H:%M:%S %z").astimezone(UTC)
    except UNTOLD:
        return None


def _of_type(content: bytes, *known_as: str) -> None:
    """Refuse content that is not what it is declared to be."""
    try:
        found = {match.mime_type for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        found = set()
    if not found & set(known_as):
        raise UnsupportedMedia(known=KNOWN)


def _picture(content: bytes, media_type: str) -> bytes:
    """The same picture drawn anew, upright, without anything that was written beside it."""
    kind = PICTURES[media_type]
    _of_type(content, media_type)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=[kind]) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
                    raise Unfit(reason="图片尺寸过大", reason_en="the picture has too many pixels")
                if getattr(picture, "n_frames", 1) > 1:
                    raise Unfit(reason="不接受动图，请上传单张图片", reason_en="animated pictures are not taken")
                upright = ImageOps.exif_transpose(picture)
                return _drawn(upright, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unfit(reason="图片尺寸过大", reason_en="the picture has too many pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error):
        raise Unfit(reason="图片已损坏，无法打开", reason_en="the picture is damaged") from None


def _drawn(picture: Image.Image, kind: str) -> bytes:
    """The pixels and nothing else, as a file."""
    modes = {"JPEG": {"L", "RGB"}, "PNG": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}, "WEBP": {"RGB", "RGBA"}}[kind]
    if picture.mode not in modes:
        clear = picture.mode in {"LA", "PA", "RGBa", "La"} or "transparency" in picture.info
        picture = picture.convert("RGBA" if clear and kind != "JPEG" else "RGB")
    kept = {name: value for name, value in picture.info.items() if name == "transparency"}
    picture.info.clear()
    picture.info.update(kept)
    written = BytesIO()
    picture.save(written, kind, **({"quality": QUALITY} if kind != "PNG" else {"optimize": False}))
    return written.getvalue()


def _pdf(content: bytes, media_type: str) -> bytes:
    _of_type(content, media_type)
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise Unfit(reason="PDF不完整", reason_en="the PDF is not complete")
    return content


def _office(content: bytes, media_type: str) -> bytes:
    """A document without macros that unpacks to no more than a document does."""
    try:
        with ZipFile(BytesIO(content)) as packed:
            _check_parts(packed, len(content), media_type)
            if packed.testzip() is not None:
                raise Unfit(reason="文件已损坏，无法打开", reason_en="the file is damaged")
    except (BadZipFile, ValueError, OSError, NotImplementedError, zlib.error):
        raise UnsupportedMedia(known=KNOWN) from None
    return content


def _check_parts(packed: ZipFile, size: int, media_type: str) -> None:
    """Hold what the file says of its parts against what a document has; reading them then gives no more than that."""
    parts = packed.infolist()
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", OFFICE_PARTS[media_type]} <= names:
        raise UnsupportedMedia(known=KNOWN)
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or unpacked > MOST_SWELLING * max(size, 4096):
        raise Unfit(reason="文件解压后过大", reason_en="the file unpacks to too much")
    if any(part.flag_bits & 1 for part in parts):
        raise Unfit(reason="文件已加密，请去除密码后上传", reason_en="the file is encrypted; remove its password")
    if any(MACROS.search(name) for name in names):
        raise Unfit(reason="文件含有宏，请另存为不含宏的格式", reason_en="the file holds macros; save it without")


def _text(content: bytes, media_type: str) -> bytes:
    """Plain text in UTF-8 or GB 18030, kept as UTF-8."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnsupportedMedia(known=KNOWN)
    if re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text) or MARKUP.search(text[:4096]):
        raise UnsupportedMedia(known=KNOWN)
    return text.encode()


def _recording(content: bytes, media_type: str) -> bytes:
    """A recording without the notes beside it; sound and picture stay as they are."""
    _of_type(content, *RECORDINGS[media_type])
    if media_type == "audio/mpeg":
        return _without_id3(content)
    return content if media_type == "audio/wav" else _without_notes(content)


def _without_id3(content: bytes) -> bytes:
    """An MP3 without its tags, at the head (ID3v2, size in 7-bit digits) and at the end (ID3v1)."""
    while content[:3] == b"ID3" and len(content) > 10:
        size = sum((digit & 0x7F) << shift for digit, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
        content = content[10 + size :]
    content = content[:-128] if content[-128:-125] == b"TAG" else content
    if not content:
        raise Unfit(reason="录音为空", reason_en="the recording is empty")
    return content


def _without_notes(content: bytes) -> bytes:
    """An MP4 whose notes are blanked where they stand, so that no offset in it changes."""
    kept = bytearray(content)
    for kind, start, head, end in _boxes(kept, 0, len(kept)):
        if kind in NOTES:
            kept[start + 4 : start + 8] = b"free"
            kept[start + head : end] = bytes(end - start - head)
    return bytes(kept)


def _boxes(content: bytearray, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """The boxes from `start` to `end`, those inside a holder too: kind, start, length of its head, end."""
    while start + 8 <= end:
        size, kind, head = int.from_bytes(content[start : start + 4]), bytes(content[start + 4 : start + 8]), 8
        if size == 1:
            size, head = int.from_bytes(content[start + 8 : start + 16]), 16
        until = end if size == 0 else start + size
        if until > end or until < start + head:
            raise Unfit(reason="录音录像已损坏", reason_en="the recording is damaged")
        yield kind, start, head, until
        if kind in HOLDERS:
            yield from _boxes(content, start + head, until)
        start = until


CHECKS: Mapping[str, Callable[[bytes, str], bytes]] = {
    **dict.fromkeys(PICTURES, _picture),
    "application/pdf": _pdf,
    **dict.fromkeys(OFFICE_PARTS, _office),
    "text/plain": _text,
    **dict.fromkeys(RECORDINGS, _recording),
}
"""The types that are taken, and how each is checked."""
KNOWN = ", ".join(CHECKS)
