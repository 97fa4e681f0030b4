"""What may be uploaded, by its content; and that nothing is kept that a camera wrote beside a picture."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.errors import TooLarge, Unfit, UnsupportedMedia
from service import uploads
from service.uploads import CHECKS, MOST_BYTES, PICTURES, fit, taken_at
from tests.service.upload_kit import (
    DOCX,
    PDF,
    SECRET,
    XLSX,
    box,
    document,
    packed,
    photo,
    plain_png,
    recording,
    song,
    workbook,
)

GOOD = {
    "image/jpeg": photo("JPEG"),
    "image/png": photo("PNG"),
    "image/webp": photo("WEBP"),
    "application/pdf": PDF,
    DOCX: document(),
    XLSX: workbook(),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": packed(
        document(), ppt__presentation_xml=b"<x/>"
    ),
    "text/plain": "路灯不亮，请修。\r\n".encode(),
    "audio/mpeg": song(),
    "audio/mp4": box(b"ftyp", b"M4A \0\0\0\0isommp42") + box(b"mdat", b"SOUND"),
    "audio/wav": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(50),
    "video/mp4": recording(),
}
SIGNATURES = [*GOOD.values(), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"MZ"]


def test_one_of_every_type_is_taken() -> None:
    assert set(GOOD) == set(CHECKS)
    for media_type, content in GOOD.items():
        assert fit(content, media_type)


@pytest.mark.parametrize("declared", CHECKS)
@pytest.mark.parametrize("real", CHECKS)
def test_the_declared_type_must_be_that_of_the_content(declared: str, real: str) -> None:
    alike = {"audio/mp4", "video/mp4"}
    office = declared.startswith(uploads.OFFICE) and real.startswith(uploads.OFFICE)
    if declared == real or {declared, real} <= alike or (office and declared == DOCX and real.endswith("presentation")):
        return
    with pytest.raises((UnsupportedMedia, Unfit)):
        fit(GOOD[real], declared)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"<html><script>alert(1)</script></html>", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png"),
        (b"<!DOCTYPE html><p>", "text/plain"),
        (b" <?xml version='1.0'?><svg/>", "text/plain"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "image/png"),
        (b"MZ\x90\x00", "text/plain"),
        (b"GIF89a", "image/gif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (PDF, "application/octet-stream"),
        (PDF, ""),
        (b"", "application/pdf"),
        (b"", "image/png"),
    ],
)
def test_what_is_not_listed_or_is_something_else_is_refused(content: bytes, media_type: str) -> None:
    with pytest.raises((UnsupportedMedia, Unfit)) as refused:
        fit(content, media_type)
    assert refused.value.text("zh")
    assert refused.value.text("en")
    assert refused.value.status == 415


@pytest.mark.parametrize("media_type", PICTURES)
def test_a_picture_loses_its_notes_and_stands_upright(media_type: str) -> None:
    kind = PICTURES[media_type]
    before = Image.open(BytesIO(photo(kind)))
    assert before.getexif()
    assert SECRET.encode() in photo("PNG")
    kept = fit(photo(kind), media_type)
    after = Image.open(BytesIO(kept))
    assert after.format == kind
    assert not after.getexif()
    assert not set(after.info) - {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "background",
        "timestamp",
        "loop",
    }
    for word in (SECRET.encode(), b"GPS", b"Exif", b"eXIf", b"EXIF"):
        assert word not in kept
    assert after.size == (20, 40)  # orientation 6: it was lying on its side, its left is its top
    top, bottom = (after.convert("RGB").getpixel((10, y)) for y in (5, 35))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > top[2]
    assert bottom[2] > 200 > bottom[0]


def test_a_picture_that_lies_right_stays_as_it_lies() -> None:
    after = Image.open(BytesIO(fit(photo("PNG", turned=False), "image/png")))
    assert after.size == (40, 20)


def test_what_hides_behind_a_picture_is_not_kept() -> None:
    kept = fit(plain_png() + b"<script>" + SECRET.encode(), "image/png")
    assert SECRET.encode() not in kept
    assert b"<script>" not in kept


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_kind_of_colour_are_taken(mode: str) -> None:
    written = BytesIO()
    kind, media_type = ("JPEG", "image/jpeg") if mode == "CMYK" else ("PNG", "image/png")
    Image.new(mode, (9, 5)).save(written, kind)
    assert Image.open(BytesIO(fit(written.getvalue(), media_type))).size == (9, 5)


def test_a_picture_that_swells_is_refused_before_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    written = BytesIO()
    Image.new("1", (12_000, 12_000)).save(written, "PNG")
    assert len(written.getvalue()) < 100_000
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("drawn"))
    with pytest.raises(Unfit) as refused:
        fit(written.getvalue(), "image/png")
    assert "尺寸过大" in refused.value.text("zh")


def test_an_animated_picture_is_refused() -> None:
    written = BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(Unfit):
        fit(written.getvalue(), "image/webp")


def test_a_document_that_swells_is_refused() -> None:
    bomb = packed(document(), word__media__a_bin=bytes(60 * 1024 * 1024))
    assert len(bomb) < 1_000_000
    with pytest.raises(Unfit) as refused:
        fit(bomb, DOCX)
    assert "解压后过大" in refused.value.text("zh")


def test_a_document_that_lies_about_its_size_is_refused() -> None:
    honest = bytearray(packed(document(), word__media__a_bin=bytes(9_000_000)))
    size, lie = (9_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little")
    assert honest.count(size) >= 2
    with pytest.raises((UnsupportedMedia, Unfit)):
        fit(bytes(honest.replace(size, lie)), DOCX)


def test_a_document_of_many_parts_or_with_macros_is_refused() -> None:
    with pytest.raises(Unfit) as refused:
        fit(packed(document(), word__vbaProject_bin=b"x"), DOCX)
    assert "宏" in refused.value.text("zh")
    many = {f"word__x{place}": b"" for place in range(uploads.MOST_PARTS)}
    with pytest.raises(Unfit):
        fit(packed(document(), **many), DOCX)


def test_text_is_kept_as_utf_8() -> None:
    assert fit("路灯".encode("gb18030"), "text/plain") == "路灯".encode()
    assert fit(b"\xef\xbb\xbf" + "路灯".encode(), "text/plain") == "路灯".encode()


def test_recordings_lose_the_notes_beside_them_and_nothing_else() -> None:
    video = fit(recording(), "video/mp4")
    assert len(video) == len(recording())
    assert SECRET.encode() not in video
    assert b"PICTURES" in video
    sound = fit(song(), "audio/mpeg")
    assert SECRET.encode() not in sound
    assert sound.startswith(b"\xff\xfb\x90\x00")
    broken = box(b"ftyp", b"mp42\0\0\0\0isommp42") + b"\0\0\xff\xffmoov"
    with pytest.raises(Unfit):
        fit(broken, "video/mp4")


def test_too_much_is_too_much_whatever_it_is() -> None:
    with pytest.raises(TooLarge):
        fit(PDF + bytes(MOST_BYTES), "application/pdf")


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SIGNATURES), st.binary(max_size=60), st.integers(0, 200), st.sampled_from(sorted(CHECKS)))
def test_whatever_comes_is_taken_or_refused_in_words(base: bytes, noise: bytes, at: int, media_type: str) -> None:
    with suppress(TooLarge, UnsupportedMedia, Unfit):
        fit(base[:at] + noise + base[at:], media_type)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_when_a_photo_was_taken_is_read_before_the_notes_go(kind: str) -> None:
    media_type = f"image/{kind.lower()}"
    ours = datetime(2026, 1, 5, 2, 20, 30, tzinfo=UTC)
    assert taken_at(photo(kind, taken="2026:01:05 10:20:30"), media_type) == ours
    assert taken_at(photo(kind, taken="2026:01:05 04:20:30", zone="+02:00"), media_type) == ours
    assert taken_at(fit(photo(kind, taken="2026:01:05 10:20:30"), media_type), media_type) is None
    assert taken_at(photo(kind, taken="0000:00:00 00:00:00"), media_type) is None
    assert taken_at(photo(kind, taken="0001:01:01 00:00:00"), media_type) is None
    assert taken_at(photo(kind), media_type) is None


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", photo()[:90]])
def test_what_tells_no_time_keeps_nothing_from_being_taken(content: bytes) -> None:
    for media_type in ("image/jpeg", "application/pdf"):
        assert taken_at(content, media_type) is None
