"""The bulletin shows what hangs now, masked, newest first, and nothing that may no longer be shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from domain.errors import Invalid
from domain.kernel import Event
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import values as v
from domain.vocabulary import Nature, Outlet, Secrecy, Track, Urgency
from projections.bulletin import Bulletin
from projections.bulletin_queries import notice_of, published
from projections.ledger import Ledger
from tests.projections import sample_file as sample
from tests.projections.sample_file import CALLER, CHEN, INTAKE, NUMBER, PUBLISHER, Story
from tests.projections.tables_kit import feed

Db = psycopg.Connection[Any]


def publication(title: str = "路灯修复", text: str = "⟦p1.name⟧反映的路灯已修复") -> p.ResultPublished:
    return p.ResultPublished(title=title, text=text, digest="e" * 64, outlets=(Outlet.BOARD, Outlet.WECHAT))


def story(number: str = NUMBER, *, fact: p.ResultPublished | None = None, begun: Story | None = None) -> Story:
    """One file up to its publication, after whatever happened before."""
    told = begun or Story()
    told.add(INTAKE, sample.received(CHEN), number=number).add(INTAKE, r.PetitionAccepted(), number=number)
    told.add(INTAKE, sample.ASSIGNED, number=number).add(sample.HANDLER, sample.DELIVERED, number=number)
    return told.add(PUBLISHER, fact or publication(), number=number)


def shown(connection: Db, told: Story, typed: str | None = None) -> list[tuple[str, str]]:
    feed(connection, Bulletin(), Ledger(), recorded=told.recorded)
    return [(notice.title, notice.text) for notice in published(connection, typed).notices]


def test_what_was_published_hangs_with_its_petitioner_masked(connection: Db) -> None:
    told = story()
    assert shown(connection, told) == [("路灯修复", "陈某某反映的路灯已修复")]
    notice = notice_of(connection, NUMBER)
    assert notice is not None
    assert (notice.outlets, notice.corrected_at) == (("board", "wechat"), None)
    assert notice.published_at == told.recorded[-1].occurred_at


def test_what_was_only_drafted_or_replied_does_not_hang(connection: Db) -> None:
    told = sample.replied(sample.opened())
    told.add(PUBLISHER, p.PublicationDrafted(title="路灯", text="已修复", salt="盐", digest="e" * 64))
    assert shown(connection, told) == []
    assert notice_of(connection, NUMBER) is None


def test_a_correction_takes_its_place_and_says_when(connection: Db) -> None:
    right = p.PublicationCorrected(
        title="路灯修复", text="三盏路灯已修复", digest="f" * 64, outlets=(Outlet.BOARD,), reason="数量有误"
    )
    told = story().add(PUBLISHER, right)
    assert shown(connection, told) == [("路灯修复", "三盏路灯已修复")]
    notice = notice_of(connection, NUMBER)
    assert notice is not None
    assert (notice.corrected_at, notice.outlets) == (told.recorded[-1].occurred_at, ("board",))
    assert notice.published_at < told.recorded[-1].recorded_at


CLASSIFIED_SECRET = r.PetitionClassified(
    nature=Nature.HELP, category="c", urgency=Urgency.NORMAL, secrecy=Secrecy.SECRET, track=Track.WORK_ORDER
)
GONE = {
    "withdrawn": [p.PublicationWithdrawn(reason="有误")],
    "restricted": [sample.RESTRICTED],
    "erased": [sample.ERASED],
    "secret since": [c.PetitionReopened(round=2, reason="又坏了"), CLASSIFIED_SECRET],
    "accuses since": [
        r.PetitionCorrected(reason="补充", against=(v.Accused(unit="u-road"),)),
        c.PetitionReopened(round=2, reason="又坏了"),
        CLASSIFIED_SECRET.model_copy(update={"nature": Nature.REPORT, "secrecy": Secrecy.OPEN}),
    ],
}


@pytest.mark.parametrize("facts", GONE.values(), ids=GONE.keys())
def test_what_may_not_be_shown_is_gone(connection: Db, facts: list[Event]) -> None:
    assert shown(connection, story().add(CALLER, *facts)) == []
    assert published(connection, "路灯").notices == ()
    assert notice_of(connection, NUMBER) is None


def test_an_erased_petitioner_is_gone_from_the_text(connection: Db) -> None:
    assert shown(connection, story().add(INTAKE, sample.ERASED_CHEN)) == [("路灯修复", "[已删除]反映的路灯已修复")]


def test_it_is_found_by_words_but_by_nobodys_name(connection: Db) -> None:
    other = "HY-2026-000002"
    told = story(other, fact=publication("电梯维修", "电梯已更换钢缆"), begun=story())
    assert shown(connection, told, "电梯") == [("电梯维修", "电梯已更换钢缆")]
    assert shown(connection, told, "更换钢缆") == [("电梯维修", "电梯已更换钢缆")]
    assert shown(connection, told, "陈某某") == []
    assert shown(connection, told, "…") == []


def test_pages_meet(connection: Db) -> None:
    told = Story()
    numbers = [f"HY-2026-{place:06d}" for place in range(1, 8)]
    for number in numbers:
        told.at += timedelta(days=1)
        story(number, begun=told)
    feed(connection, Bulletin(), Ledger(), recorded=told.recorded)
    for typed in (None, "路灯"):
        found, cursor = [], None
        while True:
            page = published(connection, typed, cursor, limit=3)
            found += [notice.number for notice in page.notices]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == numbers[::-1]
    with pytest.raises(Invalid):
        published(connection, cursor="bm9uc2Vuc2U")
