"""民情受理, its first step: channels, petitioners, demands, the accused, and history taken over from old ledgers."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.errors import (
    BackdatingNeedsReason,
    InTheFuture,
    Invalid,
    TooManyRepresentatives,
    UnknownCode,
    WrongRole,
    WrongStage,
)
from domain.kernel import Erased
from domain.petition.commands import ImportPetition, ReceivePetition
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.handling_reply import ImportReply
from domain.petition.petition import Petition
from domain.rulebook import RulebookContent
from domain.vocabulary import Channel, Clock, Nature, PetitionerKind, Track
from tests.domain.rulebook_sample import edited
from tests.happened import imported, received
from tests.scenario import CAST, MONDAY, When, context, given, shanghai

BASE: dict[str, Any] = {"channel": "window", "nature": "help", "title": "路灯不亮", "content": "小区门口路灯不亮"}


def receive(*, by: str = "wu", **fields: Any) -> When:
    return given().when(ReceivePetition.model_validate({**BASE, **fields}), by=by)


def fact(taken: When) -> r.PetitionReceived:
    first = taken.facts[0]
    assert isinstance(first, r.PetitionReceived)
    return first


# Who and what


@pytest.mark.parametrize("who", sorted(CAST.keys() - {"wu", "xu", "bai", "resident"}))
def test_only_intake_takes_petitions_in(who: str) -> None:
    receive(by=who).then_refused(WrongRole)


def test_a_file_is_opened_once() -> None:
    given(received()).when(ReceivePetition.model_validate(BASE), by="wu").then_refused(WrongStage)


def test_the_first_fact_holds_what_could_not_be_added_later() -> None:
    got = fact(
        receive(
            category="020102",
            urgency="urgent",
            secrecy="internal",
            place={"area": "A01G1", "address": "3 号楼前"},
            attachments=["a1"],
            legacy_number="2025-8",
            arises_from="HY-2026-000007",
            people_count=12,
        )
    )
    assert (got.category, got.urgency, got.secrecy) == ("020102", "urgent", "internal")
    assert got.place == v.Place(area="A01G1", address="3 号楼前")
    assert [one.id for one in got.attachments] == ["a1"]
    assert (got.legacy_number, got.arises_from, got.people_count) == ("2025-8", "HY-2026-000007", 12)
    assert (got.query_code_digest, got.rulebook_version) == ("0" * 64, 1)


def test_nobody_named_is_anonymous_and_counts_as_one() -> None:
    taken = receive()
    assert fact(taken).people_count == 1
    assert taken.then(r.PetitionReceived, r.DueDatesSet).petition.anonymous


def test_petitioners_are_numbered_and_keep_their_kind() -> None:
    got = fact(receive(petitioners=[{"name": "甘棠梨"}, {"name": "陆见秋", "kind": "agent"}]))
    assert [(one.id, one.kind) for one in got.petitioners] == [
        ("p1", PetitionerKind.PETITIONER),
        ("p2", PetitionerKind.AGENT),
    ]
    assert got.people_count == 2


def test_a_joint_petition_names_at_most_five_representatives() -> None:
    """L1 20. Others may be named beside them."""
    speakers = [{"name": f"代表{n}", "kind": "representative"} for n in "甲乙丙丁戊己"]
    receive(petitioners=speakers).then_refused(TooManyRepresentatives, ("petitioners",))
    got = fact(receive(petitioners=[*speakers[:5], {"name": "居民庚"}], people_count=40))
    assert got.people_count == 40


def test_fewer_people_than_are_named_is_a_slip() -> None:
    with pytest.raises(ValidationError, match="people_count"):
        ReceivePetition.model_validate({**BASE, "petitioners": [{"name": "甲某"}, {"name": "乙某"}], "people_count": 1})


def test_without_demands_the_petition_is_the_one_demand() -> None:
    assert fact(receive()).demands == (v.Demand(id="d1", nature=Nature.HELP, text="路灯不亮"),)


def test_demands_are_numbered_with_natures_and_categories_of_their_own() -> None:
    got = fact(
        receive(
            category="020102", demands=[{"text": "修路灯"}, {"text": "问电话", "nature": "consult", "category": "01"}]
        )
    )
    assert got.demands == (
        v.Demand(id="d1", nature=Nature.HELP, category="020102", text="修路灯"),
        v.Demand(id="d2", nature=Nature.CONSULT, category="01", text="问电话"),
    )


def test_what_is_said_refers_to_the_petitioner_everywhere() -> None:
    got = fact(
        receive(
            channel="letter_visit",
            petitioners=[{"name": "甘棠梨", "phone": "13900001234"}],
            title="甘棠梨反映路灯",
            content="电话13900001234",
            demands=[{"text": "请联系甘棠梨"}],
            place={"address": "甘棠梨家门口"},
            source={"visit_record": "甘棠梨来访"},
        )
    )
    assert isinstance(got.source, v.LetterVisitSource)
    told = (got.title, got.content, got.demands[0].text, got.place and got.place.address, got.source.visit_record)
    assert told == (
        "⟦p1.name⟧反映路灯",
        "电话⟦p1.phone⟧",
        "请联系⟦p1.name⟧",
        "⟦p1.name⟧家门口",
        "⟦p1.name⟧来访",
    )


# Codes


@pytest.mark.parametrize(
    "fields, loc",
    [
        ({"category": "99"}, ("category",)),
        ({"place": {"area": "Z9"}}, ("place", "area")),
        ({"demands": [{"text": "一"}, {"text": "二", "category": "99"}]}, ("demands", 1, "category")),
        ({"channel": "officer", "source": {"grid": "Z9"}}, ("source", "grid")),
    ],
)
def test_unknown_codes_name_their_field(fields: dict[str, Any], loc: tuple[str | int, ...]) -> None:
    receive(**fields).then_refused(UnknownCode, loc)


@pytest.mark.parametrize(
    "fields, loc",
    [
        ({"against": ["MS", "nobody"]}, ("against", 1)),
        ({"attachments": ["zz"]}, ("attachments", 0)),
        ({"channel": "window", "source": {"window": "W9"}}, ("source", "window")),
    ],
)
def test_unknown_units_staff_files_and_windows_name_their_field(
    fields: dict[str, Any], loc: tuple[str | int, ...]
) -> None:
    receive(**fields).then_refused(Invalid, loc)


def test_the_accused_may_be_units_or_staff_with_the_units_of_that_day() -> None:
    assert fact(receive(against=["CG", "mei"])).against == (
        v.Accused(unit="CG"),
        v.Accused(staff="mei", staff_units=("ZF",)),
    )


@pytest.mark.parametrize(
    "field, value",
    [
        ("channel", "pigeon"),
        ("nature", "wish"),
        ("title", ""),
        ("content", "字" * 20_001),
        ("people_count", 0),
        ("urgency", "soon"),
        ("petitioners", [{"phone": "call me"}]),
        ("petitioners", [{"id_number": "不详"}]),
        ("petitioners", [{"nickname": "小梨"}]),
        ("attachments", ["../etc"]),
        ("arises_from", "no number"),
    ],
)
def test_shapes_are_checked(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        ReceivePetition.model_validate({**BASE, field: value})
    assert caught.value.errors()[0]["loc"][0] == field


# The six channels


@pytest.mark.parametrize(
    "channel, source, stored",
    [
        ("web", {"site": "street-site", "message_id": "m1"}, v.WebSource(site="street-site", message_id="m1")),
        (
            "letter_visit",
            {"form": "visit", "visit_record": "记录"},
            v.LetterVisitSource(form="visit", visit_record="记录"),
        ),
        ("letter_visit", {"form": "letter", "scan": "a2"}, v.LetterVisitSource(form="letter", scan="a2")),
        (
            "hotline",
            {"work_order_id": "W1", "call_time": "2026-11-16T08:00:00"},
            v.HotlineSource(work_order_id="W1", call_time=shanghai(MONDAY, 8)),
        ),
        (
            "officer",
            {"officer": "mei", "grid": "A01G1", "patrol": "46", "photos": ["a1", "a2"], "taken_at": "2026-11-16T08:00"},
            v.OfficerSource(
                officer="mei", grid="A01G1", patrol="46", photos=("a1", "a2"), taken_at=shanghai(MONDAY, 8)
            ),
        ),
        ("window", {"window": "W1", "receipt": "0001"}, v.WindowSource(window="W1", receipt="0001")),
        (
            "symposium",
            {"meeting": "十一月座谈会", "held_on": "2026-11-10"},
            v.SymposiumSource(meeting="十一月座谈会", held_on=date(2026, 11, 10)),
        ),
    ],
)
def test_each_channel_carries_what_only_it_has(channel: str, source: dict[str, Any], stored: v.Source) -> None:
    assert fact(receive(channel=channel, source=source)).source == stored


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_may_come_without_more(channel: Channel) -> None:
    assert fact(receive(channel=channel)).source.channel is channel


@pytest.mark.parametrize(
    "channel, name, value",
    [
        ("web", "work_order_id", "W1"),
        ("letter_visit", "window", "W1"),
        ("hotline", "message_id", "m1"),
        ("officer", "scan", "a1"),
        ("window", "meeting", "会"),
        ("symposium", "grid", "A01G1"),
    ],
)
def test_what_belongs_to_another_channel_is_refused(channel: str, name: str, value: str) -> None:
    error = receive(channel=channel, source={name: value}).then_refused(Invalid, ("source", name))
    assert "渠道" in error.text("zh")


@pytest.mark.parametrize("field, value", [("held_on", "2026-02-30"), ("call_time", "soon"), ("form", "pigeon")])
def test_the_sources_shape_is_checked_before_anything_happens(field: str, value: str) -> None:
    with pytest.raises(ValidationError):
        ReceivePetition.model_validate({**BASE, "channel": "symposium", "source": {field: value}})


def test_files_that_the_source_names_are_the_petitions_attachments() -> None:
    got = fact(receive(channel="officer", source={"photos": ["a1", "a2"]}, attachments=["a2", "a3"]))
    assert {one.id for one in got.attachments} == {"a1", "a2", "a3"}
    receive(channel="officer", source={"photos": ["zz"]}).then_refused(Invalid)


def test_a_channel_that_is_not_open_takes_nothing() -> None:
    closed = RulebookContent.from_toml(edited(("symposium = { enabled = true }", "symposium = { enabled = false }")))
    world = context("wu", now=shanghai(MONDAY))._replace(rulebook=closed)
    command = ReceivePetition.model_validate({**BASE, "channel": "symposium"})
    with pytest.raises(Invalid) as caught:
        command.execute(Petition("HY-2026-000001"), world)
    assert caught.value.loc == ("channel",)


# Clocks and times

KNOWN = {"name": "甘棠梨", "phone": "13900001234"}


@pytest.mark.parametrize(
    "channel, nature, track, clocks",
    [
        ("window", "help", Track.WORK_ORDER, {Clock.CONTACT}),
        ("letter_visit", "complaint", Track.XINFANG, {Clock.NOTICE}),
        ("hotline", "report", Track.XINFANG, {Clock.NOTICE}),
        ("web", "consult", Track.WORK_ORDER, {Clock.CONTACT}),
        ("officer", "help", Track.STREET, {Clock.CONTACT}),
        ("symposium", "suggestion", Track.STREET, {Clock.CONTACT}),
    ],
)
def test_receipt_starts_the_clocks_of_its_track(channel: str, nature: str, track: Track, clocks: set[Clock]) -> None:
    got, started = receive(channel=channel, nature=nature, petitioners=[KNOWN]).facts
    assert isinstance(got, r.PetitionReceived)
    assert isinstance(started, r.DueDatesSet)
    assert got.track is track
    assert {due.clock for due in started.due} == clocks
    assert {due.start for due in started.due} == {MONDAY}
    assert {due.rulebook_version for due in started.due} == {1}


def test_the_notice_is_due_fifteen_days_from_receipt() -> None:
    """L1 23; 2026-12-01 is a Tuesday."""
    _, started = receive(channel="letter_visit", petitioners=[KNOWN]).facts
    assert isinstance(started, r.DueDatesSet)
    assert started.due[0].due == date(2026, 12, 1)


@pytest.mark.parametrize("unclear", [[], [{"name": "甘棠梨"}], [{"phone": "13900001234"}], [{"address": "幸福路"}]])
def test_no_notice_is_due_where_name_or_address_is_unclear(unclear: list[dict[str, str]]) -> None:
    """L1 23."""
    receive(channel="letter_visit", petitioners=unclear).then(r.PetitionReceived)


def test_a_letter_may_have_come_before_it_was_entered() -> None:
    now = given().now
    old = now - timedelta(days=10)
    receive(occurred_at=old).then_refused(BackdatingNeedsReason, ("backdated_because",))
    taken = receive(occurred_at=old, backdated_because="信件积压")
    assert taken.then(r.PetitionReceived, r.DueDatesSet).petition.received_at == old
    receive(occurred_at=now + timedelta(days=1)).then_refused(InTheFuture, ("occurred_at",))
    receive(occurred_at="2099-01-01T00:00:00").then_refused(InTheFuture, ("occurred_at",))


# History


ROW: dict[str, Any] = {
    "channel": "web",
    "title": "旧件",
    "content": "旧件内容，留言人甘棠梨",
    "petitioners": [{"name": "甘棠梨"}],
    "source_system": "old-board",
    "source_id": "165105",
    "occurred_at": "2011-04-02T18:00:54",
}


def test_a_row_of_an_old_ledger_is_history_and_starts_nothing() -> None:
    taken = given().when(ImportPetition.model_validate(ROW), by="system")
    (got,) = taken.facts
    assert isinstance(got, r.PetitionImported)
    assert (got.source_system, got.source_id, got.content) == ("old-board", "165105", "旧件内容，留言人⟦p1.name⟧")
    after = taken.then(r.PetitionImported).petition
    assert after.imported
    assert after.due == {}
    assert after.round == 0
    assert after.received_at == shanghai(date(2011, 4, 2), 18, 0) + timedelta(seconds=54)


def test_history_needs_no_reason_for_its_age_and_may_be_undated() -> None:
    undated = {name: value for name, value in ROW.items() if name != "occurred_at"}
    taken = given().when(ImportPetition.model_validate(undated), by="system").taken
    assert taken is not None
    assert taken.occurred_at is None


def test_history_is_the_systems_to_enter() -> None:
    given().when(ImportPetition.model_validate(ROW), by="wu").then_refused(WrongRole)
    given(imported()).when(ImportReply(text="已办理"), by="wu").then_refused(WrongRole)
    given().when(ImportPetition.model_validate({**ROW, "category": "99"}), by="system").then_refused(UnknownCode)


def test_an_old_reply_keeps_its_time_or_has_none() -> None:
    file = given(imported())
    dated = ImportReply.model_validate({"text": "已办理", "replied_by": "某局", "occurred_at": "2026-11-16T09:30:00"})
    taken = file.when(dated, by="system").taken
    assert taken is not None
    assert taken.occurred_at == shanghai(MONDAY, 9, 30)
    assert taken.facts == (h.ReplyImported(text="已办理", replied_by="某局"),)
    undated = file.when(ImportReply(text="已办理"), by="system").taken
    assert undated is not None
    assert undated.occurred_at is None


def test_an_old_reply_belongs_to_an_old_file() -> None:
    given(received()).when(ImportReply(text="已办理"), by="system").then_refused(WrongStage)


def test_an_erased_person_leaves_the_others_and_the_matter() -> None:
    """What an event decodes to once a petitioner's key is gone is still an event."""
    gone = v.Petitioner(id="p1", name=Erased(), phone=Erased())
    other = v.Petitioner(id="p2", name="陆见秋")
    file = given(received(petitioners=(gone, other)))
    assert not file.petition.anonymous
    assert file.petition.people_count == 2


def test_where_somebody_stood_and_when_a_photo_was_taken() -> None:
    got = fact(receive(channel="officer", place={"area": "A01G1", "point": "geo:32.0415,118.7678;u=20"}))
    assert got.place == v.Place(area="A01G1", point="geo:32.0415,118.7678;u=20")
    late = {"taken_at": "2026-11-16T23:00"}
    receive(channel="officer", source=late).then_refused(Invalid, ("source", "taken_at"))
