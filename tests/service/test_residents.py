"""What somebody can do without an account: their own petition, by number and code, and nothing of anybody else's."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import pytest

from domain.errors import BrokenRequest, Invalid, KeyReused, TooLarge, UnsupportedMedia, WrongCode
from domain.petition.petition import Petition
from domain.petition.recollecting import GiveOpinion
from domain.petition.sending import SendPetition
from domain.petition.stages import Stage
from domain.vocabulary import Channel, Role, Solved
from service import residents
from service.outcome import Outcome
from tests.service.api_kit import PERSON, STAFF, Office, published, replied
from tests.service.upload_kit import plain_png

PNG = plain_png()


def sent(**changes: object) -> SendPetition:
    fields: dict[str, object] = {
        "nature": "complaint",
        "title": "路灯不亮",
        "content": f"我是{PERSON['name']}，{PERSON['address']}门口的路灯不亮。",
        "name": PERSON["name"],
        "phone": PERSON["phone"],
        "area": "A01G1",
    }
    return SendPetition.model_validate(fields | changes)


def send(office: Office, *files: tuple[bytes, str], key: str | None = None, **changes: object) -> Outcome:
    return residents.send(office.parts, sent(**changes), files, key=key or secrets.token_hex(16), request_id="r")


def code_of(outcome: Outcome) -> str:
    assert outcome.query_code is not None
    return outcome.query_code


def progress(office: Office, outcome: Outcome) -> residents.Progress:
    office.catch_up()
    return residents.progress(office.parts, outcome.number, code_of(outcome))


def say(office: Office, outcome: Outcome, key: str | None = None, **said: Any) -> Outcome:
    opinion = GiveOpinion(**said)
    code, key = code_of(outcome), key or secrets.token_hex(16)
    return residents.speak(office.parts, outcome.number, code, opinion, key=key, request_id="r")


def file(office: Office, outcome: Outcome) -> Petition:
    return office.parts.store.fold(Petition(outcome.number))


def handled(office: Office, outcome: Outcome) -> None:
    """From received to published."""
    office.take("intake", outcome.number, "accept-petition", notice="sms")
    office.take("intake", outcome.number, "assign-petition", lead="ZF")
    replied(office, outcome.number)
    published(office, outcome.number)


def test_what_a_resident_sends_comes_in_by_the_web_channel(office: Office) -> None:
    petition = file(office, send(office, (PNG, "image/png")))
    assert (petition.channel, petition.stage, petition.nature) == (Channel.WEB, Stage.RECEIVING, "complaint")
    assert [person.name for person in petition.petitioners] == [PERSON["name"]]
    assert petition.place is not None
    assert (petition.place.area, len(petition.attachments)) == ("A01G1", 1)
    assert "⟦p1.name⟧" in str(petition.content)


def test_without_a_name_it_is_anonymous(office: Office) -> None:
    assert file(office, send(office, name=None, phone=None)).anonymous


def test_a_unit_that_it_is_about_never_sees_it(office: Office) -> None:
    outcome = send(office, nature="report", against=["ZF"])
    office.catch_up()
    assert office.get("handler", f"/petitions/{outcome.number}").status_code == 404
    assert progress(office, outcome).unit is None


def test_sending_again_is_answered_as_the_first_time(office: Office) -> None:
    key = secrets.token_hex(16)
    first = send(office, key=key)
    after = office.events()
    assert send(office, key=key) == replace(first, replayed=True)
    assert office.events() == after
    with pytest.raises(KeyReused):
        send(office, key=key, title="另一件事")


@pytest.mark.parametrize("key", ["", "1", "x" * 32, "0" * 31])
def test_a_key_that_could_be_guessed_is_refused(office: Office, key: str) -> None:
    with pytest.raises(BrokenRequest):
        residents.send(office.parts, sent(), (), key=key, request_id="r")


def test_files_are_limited_in_number_and_kind(office: Office) -> None:
    before = office.events()
    with pytest.raises(TooLarge):
        send(office, *[(PNG, "image/png")] * 6)
    with pytest.raises(UnsupportedMedia):
        send(office, (b"<html>", "text/html"))
    assert office.events() == before


def test_number_and_code_show_how_far_it_has_come(office: Office) -> None:
    outcome = send(office)
    fresh = progress(office, outcome)
    assert (fresh.stage, fresh.round, fresh.replies, fresh.notice) == (Stage.RECEIVING, 1, (), None)
    assert (fresh.may_speak, fresh.may_rate) == (True, False)
    handled(office, outcome)
    found = progress(office, outcome)
    assert [milestone.title.zh for milestone in found.milestones] == ["登记", "受理", "派单", "答复送达", "公示结果"]
    assert [reply.text for reply in found.replies] == ["已更换楼道灯。"]
    assert found.notice is not None
    assert (found.notice.title, found.may_rate) == ("楼道灯已修复", True)
    assert found.unit == "综合行政执法队"


def test_what_number_and_code_show_names_nobody(office: Office) -> None:
    outcome = send(office)
    office.take("intake", outcome.number, "accept-petition", notice="sms")
    office.take("intake", outcome.number, "assign-petition", lead="ZF")
    office.take("handler", outcome.number, "sign-for")
    answer = [{"demand": "d1", "outcome": "resolved", "text": "已修"}]
    office.take("handler", outcome.number, "report-outcome", answers=answer)
    text = f"{PERSON['name']}您好，{PERSON['address']}的路灯已修，请勿致电13912345678。"
    office.take("handler", outcome.number, "draft-reply", text=text)
    office.take("approver", outcome.number, "approve-reply")
    office.take("handler", outcome.number, "deliver-reply", method="sms")
    shown = repr(progress(office, outcome))
    assert "欧阳某某您好" in shown
    assert not any(value in shown for value in (*PERSON.values(), "13912345678"))
    assert not any(f"'{who}'" in shown for who in STAFF)


def test_a_draft_that_was_not_delivered_is_not_shown(office: Office) -> None:
    outcome = send(office)
    office.take("intake", outcome.number, "accept-petition", notice="sms")
    office.take("intake", outcome.number, "assign-petition", lead="ZF")
    office.take("handler", outcome.number, "sign-for")
    answer = [{"demand": "d1", "outcome": "resolved", "text": "已修"}]
    office.take("handler", outcome.number, "report-outcome", answers=answer)
    office.take("handler", outcome.number, "draft-reply", text="初稿")
    assert "初稿" not in repr(progress(office, outcome))


def test_a_wrong_number_and_a_wrong_code_are_answered_alike(office: Office) -> None:
    one, other = send(office), send(office)
    told = set()
    for number, code in (
        (one.number, code_of(other)),
        (one.number, ""),
        (one.number, "0" * 16),
        ("HY-2026-999999", code_of(one)),
        ("nonsense", code_of(one)),
        ("", ""),
    ):
        with pytest.raises(WrongCode) as refused:
            residents.progress(office.parts, number, code)
        told.add((refused.value.status, refused.value.text("zh"), refused.value.text("en")))
        with pytest.raises(WrongCode):
            residents.speak(office.parts, number, code, GiveOpinion(text="?"), key=secrets.token_hex(16), request_id="")
    assert len(told) == 1


def test_number_and_code_are_read_as_people_type_them(office: Office) -> None:
    outcome = send(office)
    typed = code_of(outcome).lower().replace("-", " ")
    assert residents.progress(office.parts, f" {outcome.number.lower()} ", typed).number == outcome.number


def test_the_file_of_an_imported_ledger_has_no_code(office: Office) -> None:
    with pytest.raises(WrongCode):
        residents.progress(office.parts, "HY-2020-000001", "")


def test_not_solved_reaches_a_caller_and_moves_nothing(office: Office) -> None:
    outcome = send(office)
    handled(office, outcome)
    office.take("caller", outcome.number, "follow-up", solved="solved", satisfaction="satisfied")
    office.take("caller", outcome.number, "recollect", settled=True)
    key = secrets.token_hex(16)
    done = say(office, outcome, key=key, solved=Solved.UNSOLVED, text="昨晚又灭了")
    assert done.stage == Stage.CLOSED
    assert say(office, outcome, key=key, solved=Solved.UNSOLVED, text="昨晚又灭了").replayed
    office.catch_up()
    tasks = office.ok(office.get("caller", "/worklist", limit=200))["tasks"]
    assert [task["task"] for task in tasks if task["number"] == outcome.number] == ["hear_resident"]
    events = office.ok(office.get("supervisor", f"/petitions/{outcome.number}/events"))["events"]
    assert (events[-1]["actor"], events[-1]["role"]) == ("resident", Role.RESIDENT)
    again = office.take("caller", outcome.number, "recollect", settled=False, text="居民称又不亮")
    assert (again["stage"], again["round"]) == (Stage.HANDLING, 2)


def test_before_the_reply_a_resident_can_add_but_not_rate(office: Office) -> None:
    outcome = send(office)
    say(office, outcome, text="补充：只在下雨时不亮")
    with pytest.raises(Invalid):
        say(office, outcome, solved=Solved.UNSOLVED)


def test_staff_have_no_way_to_speak_for_a_resident(office: Office) -> None:
    outcome = send(office)
    for who in STAFF:
        answer = office.post(who, f"/petitions/{outcome.number}/give-opinion", {"text": "满意"})
        assert answer.status_code in {403, 404, 405}, who
