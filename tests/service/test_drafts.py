"""Drafts: kept for who typed them, sealed, and gone when they should be."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from domain.errors import TooLarge
from domain.vocabulary import ErasureGround
from service.drafts import KEPT, MOST_KEPT, Drafts, is_draft_id, new_draft_id
from service.erasure import erase
from service.parts import Parts
from tests.service.api_kit import PERSON, Office

TYPED = (("title", "路灯不亮"), ("petitioners-0-name", PERSON["name"]), ("outlets", "board"), ("outlets", "wechat"))


@pytest.fixture
def drafts(office: Office) -> Drafts:
    return office.parts.drafts


def kept(office: Office, draft_id: str) -> str:
    """Everything that the database has of a draft."""
    with psycopg.connect(office.url) as connection:
        return str(connection.execute("SELECT * FROM drafts WHERE id = %s", (draft_id,)).fetchall())


def later(parts: Parts, days: float) -> Drafts:
    """The same drafts, so many days from now."""
    return Drafts(parts.pool, parts.drafts._vault, lambda: parts.now() + timedelta(days=days))


def test_what_was_typed_comes_back_in_order_and_as_typed_last(drafts: Drafts) -> None:
    one = new_draft_id()
    drafts.save("intake", one, "receive web", (("title", "路"),))
    drafts.save("intake", one, "receive web", TYPED)
    found = drafts.find("intake", one)
    assert found is not None
    assert (found.fields, found.form, found.number) == (TYPED, "receive web", None)


def test_two_tabs_keep_two_drafts_and_the_last_one_is_offered_first(drafts: Drafts) -> None:
    first, second = new_draft_id(), new_draft_id()
    drafts.save("intake-2", first, "receive hotline", (("title", "甲"),))
    drafts.save("intake-2", second, "receive hotline", (("title", "乙"),))
    assert [one.id for one in drafts.listed("intake-2")] == [second, first]
    latest = drafts.latest("intake-2", "receive hotline")
    assert latest is not None
    assert latest.fields == (("title", "乙"),)
    assert drafts.latest("intake-2", "receive web") is None


def test_nobody_else_reads_writes_or_drops_it(drafts: Drafts) -> None:
    one = new_draft_id()
    drafts.save("handler", one, "note-progress", (("text", "甲"),), number="HY-2026-000001")
    drafts.save("handler-hw", one, "note-progress", (("text", "乙"),), number="HY-2026-000001")
    drafts.save("handler", one, "draft-reply", (("text", "丙"),), number="HY-2026-000001")
    drafts.drop("handler-hw", one)
    assert drafts.find("handler-hw", one) is None
    found = drafts.find("handler", one)
    assert found is not None
    assert found.fields == (("text", "甲"),)


def test_nothing_that_was_typed_stands_in_the_database(office: Office, drafts: Drafts) -> None:
    one = new_draft_id()
    drafts.save("intake", one, "receive web", TYPED)
    stored = kept(office, one)
    assert one in stored
    assert not [value for _, value in TYPED if value in stored]


def test_a_dropped_draft_is_gone(office: Office, drafts: Drafts) -> None:
    one = new_draft_id()
    drafts.save("intake", one, "receive web", TYPED)
    drafts.drop("intake", one)
    assert drafts.find("intake", one) is None
    assert kept(office, one) == "[]"


def test_after_two_weeks_it_is_not_shown_and_the_next_draft_clears_it_away(office: Office, drafts: Drafts) -> None:
    one = new_draft_id()
    drafts.save("publisher", one, "draft-publication", TYPED, number="HY-2026-000001")
    over = later(office.parts, KEPT.days + 0.1)
    assert over.find("publisher", one) is None
    assert over.listed("publisher") == []
    assert over.latest("publisher", "draft-publication", "HY-2026-000001") is None
    assert later(office.parts, KEPT.days - 0.1).find("publisher", one) is not None
    over.save("caller", new_draft_id(), "follow-up", (("text", "甲"),))
    assert kept(office, one) == "[]"


def test_a_person_keeps_so_many_and_no_more(drafts: Drafts) -> None:
    ids = [new_draft_id() for _ in range(MOST_KEPT + 2)]
    for one in ids:
        drafts.save("approver", one, "receive web", (("title", "甲"),))
    assert [one.id for one in drafts.listed("approver")] == ids[:1:-1]


def test_an_erasure_on_the_file_takes_the_drafts_about_it(office: Office, drafts: Drafts) -> None:
    number = str(office.received(petitioners=[PERSON])["number"])
    other = str(office.received()["number"])
    one, two = new_draft_id(), new_draft_id()
    drafts.save("intake", one, "note", (("text", PERSON["name"]),), number=number)
    drafts.save("intake", two, "note", (("text", "甲"),), number=other)
    office.take("intake", number, "withdraw-petition", reason="来件人撤回")
    ground = ErasureGround.CONSENT_WITHDRAWN
    erase(office.parts, number, "p1", ground=ground, reason="本人要求", by="intake", approved_by="intake-2")
    assert drafts.find("intake", one) is None
    assert drafts.find("intake", two) is not None


def test_more_than_a_form_can_hold_is_refused(drafts: Drafts) -> None:
    with pytest.raises(TooLarge):
        drafts.save("intake", new_draft_id(), "receive web", (("content", "字" * 1_000_000),))


def test_ids_are_told_from_anything_else() -> None:
    assert is_draft_id(new_draft_id())
    assert not is_draft_id("13877770042")
    assert not is_draft_id(new_draft_id() + "\n")
