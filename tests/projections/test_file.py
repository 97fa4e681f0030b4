"""The file: its timeline, without personal data and after an erasure."""

from typing import Any

import pytest
from psycopg import Connection

from domain.kernel import EVENT_TYPES
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.vocabulary import Role
from projections.file import FileTimeline
from projections.file_queries import timeline
from tests.projections import sample_file as sample
from tests.projections.sample_file import INTAKE, NUMBER, Story
from tests.projections.tables_kit import everything, feed, live_and_rebuilt


def file(connection: Connection[Any], story: Story) -> None:
    feed(connection, FileTimeline(), recorded=story.recorded)


def test_every_event_is_an_entry_in_order(connection: Connection[Any]) -> None:
    story = sample.full()
    file(connection, story)
    entries = timeline(connection, NUMBER)
    assert [entry.topic for entry in entries] == [one.fact.TOPIC for one in story.recorded]
    assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.position for entry in entries] == [one.position for one in story.recorded]
    rounds = [entry.round for entry in entries]
    assert rounds == sorted(rounds)
    assert (rounds[0], rounds[-1]) == (1, 2)
    reopened = next(entry for entry in entries if entry.topic == "petition.reopened")
    assert reopened.round == 2
    assert timeline(connection, NUMBER, after=3, limit=2) == entries[3:5]
    assert timeline(connection, "HY-2026-000009") == []


def test_an_entry_says_who_did_what(connection: Connection[Any]) -> None:
    file(connection, sample.replied(sample.opened()))
    entries = {entry.topic: entry for entry in timeline(connection, NUMBER)}
    signed = entries["petition.signed_for"]
    assert (signed.actor, signed.role, signed.unit) == ("s-handler", Role.HANDLER, "u-road")
    assert signed.codes == {"unit": "u-road", "handler": "s-handler"}
    assert entries["petition.assigned"].texts == {"reason": "陈某某所在小区"}
    assert entries["petition.outcome_reported"].codes["answers"] == [{"demand": "d1", "outcome": "resolved"}]
    assert entries["petition.outcome_reported"].texts == {"answers.0.text": "更换灯泡，电话137****3333"}
    assert entries["petition.reply_drafted"].texts == {"text": "陈某某您好，路灯已修复，咨询159****4444"}
    received = entries["petition.received"]
    assert received.texts["content"] == "我是陈某某，住幸福路***，路灯坏了，邻居电话137****3333"
    assert received.texts["demands.0.text"] == "请修路灯，联系139****2222"
    assert received.texts["place.address"] == "幸福路***"
    assert "query_code_digest" not in received.codes
    assert "petitioners" not in received.codes


def test_a_correction_of_people_keeps_the_names_that_older_texts_refer_to(connection: Connection[Any]) -> None:
    corrected = r.PetitionCorrected(reason="更正", petitioners=(v.Petitioner(id="p3", name="王五一"),))
    file(connection, sample.opened().add(INTAKE, corrected))
    assert timeline(connection, NUMBER)[0].texts["title"] == "陈某某反映路灯不亮"


def test_nothing_given_in_plain_is_stored(connection: Connection[Any]) -> None:
    file(connection, sample.full())
    stored = everything(connection, "file")
    assert not [secret for secret in (*sample.SECRETS, "盐") if secret in stored]


def test_restricted_data_is_not_shown(connection: Connection[Any]) -> None:
    file(connection, sample.opened().add(INTAKE, sample.RESTRICTED_CHEN))
    assert timeline(connection, NUMBER)[0].texts["title"] == "[已封存]反映路灯不亮"
    assert timeline(connection, NUMBER)[0].texts["demands.0.text"] == "请修路灯，联系139****2222"
    file(connection, sample.opened().add(INTAKE, sample.RESTRICTED))
    assert set(timeline(connection, NUMBER)[0].texts.values()) == {"[已封存]"}
    lifted = sample.opened().add(INTAKE, sample.RESTRICTED).add(INTAKE, r.RestrictionLifted(reason="误操作"))
    file(connection, lifted)
    assert timeline(connection, NUMBER)[0].texts["title"] == "陈某某反映路灯不亮"


def test_after_an_erasure_the_record_stands(connection: Connection[Any]) -> None:
    story = sample.full().add(INTAKE, sample.ERASED_CHEN)
    file(connection, story)
    assert timeline(connection, NUMBER)[0].texts["title"] == "[已删除]反映路灯不亮"
    assert timeline(connection, NUMBER)[0].texts["demands.0.text"] == "请修路灯，联系139****2222"
    assert "陈某某" not in everything(connection, "file")
    file(connection, story.add(INTAKE, sample.ERASED))
    entries = timeline(connection, NUMBER)
    assert [entry.topic for entry in entries] == [one.fact.TOPIC for one in story.recorded]
    assert not [entry.texts for entry in entries if entry.texts]


def test_every_event_of_a_petition_makes_an_entry() -> None:
    others = {topic for topic in EVENT_TYPES if not topic.startswith("petition.")}
    story = sample.full()
    shown = {type(one.fact).TOPIC for one in story.recorded if list(FileTimeline().writes(one))}
    assert shown == {one.fact.TOPIC for one in story.recorded}
    assert not shown & others


@pytest.mark.parametrize("end", [sample.ERASED_CHEN, sample.ERASED])
def test_rebuilt_equals_live_after_an_erasure(connection: Connection[Any], end: r.DataErased) -> None:
    correction = r.PetitionCorrected(reason="更正", title="新标题", place=v.Place(area="a-2", address="幸福路9号"))
    story = sample.full().add(INTAKE, sample.RESTRICTED_CHEN).add(INTAKE, correction).add(INTAKE, end)
    live, rebuilt = live_and_rebuilt(connection, FileTimeline(), story.recorded)
    assert rebuilt == live
