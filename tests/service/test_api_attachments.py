"""Attachments over HTTP: as they are handed out, swept, and gone with the file's key."""

from __future__ import annotations

import base64

import httpx
import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.sql import SQL, Identifier

from tests.service.api_kit import API, Office
from tests.service.upload_kit import PDF, SECRET, photo


def upload(office: Office, content: bytes, media_type: str, who: str = "intake") -> httpx.Response:
    headers = office.headers(who, {"Content-Type": media_type})
    return office.client.post(f"{API}/attachments", content=content, headers=headers)


def attached(office: Office, content: bytes = PDF, media_type: str = "application/pdf") -> tuple[str, str]:
    """The number of a file and the id of what is attached to it."""
    name = str(office.ok(upload(office, content, media_type))["id"])
    return str(office.received(attachments=[name])["number"]), name


def test_a_file_is_handed_out_to_be_saved_and_never_shown(office: Office) -> None:
    number, name = attached(office, photo("JPEG"), "image/jpeg")
    found = office.get("intake", f"/petitions/{number}/attachments/{name}")
    assert found.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert found.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-type"] == "image/jpeg"
    assert SECRET.encode() not in found.content


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"<html></html>", "text/html", "unsupported_media"),
        (b"<svg/>", "image/svg+xml", "unsupported_media"),
        (PDF, "image/png", "unsupported_media"),
        (b"%PDF-1.7 cut off", "application/pdf", "unfit"),
    ],
)
def test_a_refusal_is_in_words_and_keeps_nothing(office: Office, content: bytes, media_type: str, code: str) -> None:
    with psycopg.connect(office.url) as connection:
        before = connection.execute("SELECT count(*) FROM attachments").fetchone()
    refused = upload(office, content, media_type)
    assert (refused.status_code, refused.json()["code"]) == (415, code)
    with psycopg.connect(office.url) as connection:
        assert connection.execute("SELECT count(*) FROM attachments").fetchone() == before


def test_what_nobody_attached_is_swept(office: Office) -> None:
    number, kept = attached(office)
    office.parts.papers.sweep()
    old, new = (str(office.ok(upload(office, PDF, "application/pdf"))["id"]) for _ in range(2))
    with psycopg.connect(office.url) as connection:
        earlier = "UPDATE attachments SET uploaded_at = uploaded_at - interval '25 hours' WHERE id = ANY(%s)"
        connection.execute(earlier, ([old, kept],))
    assert office.parts.papers.sweep() == 1
    with psycopg.connect(office.url) as connection:
        there = {row[0] for row in connection.execute("SELECT id FROM attachments")}
    assert {kept, new} <= there
    assert old not in there
    assert office.get("intake", f"/petitions/{number}/attachments/{kept}").content == PDF


def test_a_key_stands_in_no_table_and_no_answer(office: Office) -> None:
    number, name = attached(office)
    key = office.parts.desk.load(office.parts.access.system(), number).attachments[name].key
    assert isinstance(key, str)
    office.catch_up()
    told = office.get("supervisor", f"/petitions/{number}/events").text
    assert name in told
    assert key not in told
    tables = """
    SELECT table_schema, table_name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    """
    with psycopg.connect(office.url) as connection:
        for schema, table in connection.execute(tables).fetchall():
            rows = connection.execute(SQL("SELECT t::text FROM {} AS t").format(Identifier(schema, table))).fetchall()
            assert not [True for (row,) in rows if key in row], table


def test_an_erased_files_attachments_open_under_no_key_that_is_left(office: Office) -> None:
    number, name = attached(office)
    petition = office.parts.desk.load(office.parts.access.system(), number)
    key = petition.attachments[name].key
    assert isinstance(key, str)
    office.take("intake", number, "ask-erasure", ground="unlawful", reason="本人申请")
    office.take("intake-2", number, "approve-erasure")
    assert office.get("intake", f"/petitions/{number}/attachments/{name}").status_code in {403, 404}
    with psycopg.connect(office.url) as connection:
        events = [bytes(row[0]) for row in connection.execute("SELECT state FROM stored_events")]
        wrapped = [bytes(row[0]) for row in connection.execute("SELECT wrapped FROM vault_keys")]
        wrapped += [bytes(row[0]) for row in connection.execute("SELECT wrapped FROM attachment_keys")]
        row = connection.execute("SELECT sealed FROM attachments WHERE id = %s", (name,)).fetchone()
    assert row is not None
    sealed, secret = bytes(row[0]), base64.b64decode(key)
    assert AESGCM(secret).decrypt(sealed[:12], sealed[12:], name.encode()) == PDF  # the key of then would have
    assert not [one for one in (*events, *wrapped) if key.encode() in one or secret in one]
    for other in wrapped:
        with pytest.raises(InvalidTag):
            AESGCM(other[-32:]).decrypt(sealed[:12], sealed[12:], name.encode())
    again = office.parts.desk.load(office.parts.access.system(), number)
    assert not isinstance(again.attachments[name].key, str)
