"""文书: which letter may be issued when, its number, what it says, and the proof that it was delivered."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from domain.errors import Invalid, NotPossibleNow, NotYourUnit, OutOfOrder, WrongRole
from domain.kernel import Letterhead
from domain.letters import MARKS, LetterSeries, chinese_day, formal_day, letter_id, letter_number
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.receiving_letters import IssueLetter, IssueOrder, ServeLetter, possible_letters
from domain.vocabulary import Clock, DeclineGround, Delivery, LetterKind, Nature, PetitionerKind, Track
from tests.happened import (
    PERSON,
    accepted,
    assigned,
    due,
    followed_up,
    in_handling,
    in_publishing,
    in_recollecting,
    in_supervising,
    letter_issued,
    ordered,
    received,
    reopened,
    reply_approved,
    reply_drafted,
    reported,
    running,
    signed,
    step,
    voided,
)
from tests.scenario import MONDAY, Given, Steps, context, given, shanghai

OTHER = v.Petitioner(id="p2", kind=PetitionerKind.REPRESENTATIVE, name="陆见秋")
DECLINED = step(
    r.PetitionDeclined(ground=DeclineGround.COURT, article="《信访工作条例》第三十一条", reason="已由法院受理"), by="wu"
)
REFERRED = step(r.PetitionReferred(body="QZJ", reason="属区级职责"), by="wu")
EXTENDED = step(
    h.ExtensionAsked(days=15, reason="材料未到", salt="salz", digest="d" * 64),
    h.ExtensionGranted(digest="d" * 64, days=15, due=due(Clock.HANDLE), notice=Delivery.SMS),
    by="li",
)
K = LetterKind


def issue(kind: LetterKind, about: str | None = None, petitioner: str | None = None) -> IssueLetter:
    return IssueLetter.model_validate({"kind": kind, "about": about, "petitioner": petitioner})


def said(file: Given, command: IssueLetter | IssueOrder, by: str = "bai") -> dict[str, Any]:
    """What the letter says."""
    (fact,) = file.when(command, by=by).facts
    assert isinstance(fact, r.LetterIssued)
    assert isinstance(fact.content, str)
    assert fact.digest == v.digest_of("salz", fact.content)
    told: dict[str, Any] = json.loads(fact.content)
    return told


ONCE_TOLD: dict[LetterKind, list[Steps]] = {
    K.ACCEPTANCE: [received(), accepted()],
    K.DECLINE: [received(), DECLINED],
    K.REFERRAL: [received(), REFERRED],
    K.EXTENSION: [in_handling(), running(Clock.HANDLE), EXTENDED],
    K.REPLY: [in_handling(), reported(), reply_drafted(), reply_approved()],
    K.FOLLOW_UP: in_recollecting(),
}
"""For each letter that a file has one of, a file on which what it tells has happened."""


@pytest.mark.parametrize("kind", ONCE_TOLD)
@pytest.mark.parametrize("happened", ONCE_TOLD)
def test_a_letter_is_issued_only_where_what_it_tells_is_on_record(kind: LetterKind, happened: LetterKind) -> None:
    """No 不予受理告知书 for an accepted petition; a file that went further can still be told of what came before."""
    file = given(*ONCE_TOLD[happened])
    on_record = (kind, None) in set(possible_letters(file.petition))
    assert on_record == (kind is happened or (kind, happened) in ALSO)
    done = file.when(issue(kind), by="bai")
    if on_record:
        done.then(r.LetterIssued)
    else:
        done.then_refused(NotPossibleNow)


ALSO = {
    *((K.ACCEPTANCE, later) for later in (K.EXTENSION, K.REPLY, K.FOLLOW_UP)),
    (K.REPLY, K.FOLLOW_UP),
}


def test_nothing_is_issued_on_a_file_where_nothing_happened_or_that_was_voided() -> None:
    given(received()).when(issue(K.ACCEPTANCE), by="wu").then_refused(NotPossibleNow)
    assert not given(received()).offers(IssueLetter, "wu")
    assert not given(received(), voided()).offers(IssueLetter, "wu")


def test_an_anonymous_petition_has_nobody_to_tell() -> None:
    file = given(received(petitioners=()), accepted(), assigned())
    file.when(issue(K.ACCEPTANCE), by="wu").then_refused(NotPossibleNow)
    assert said(file, issue(K.ASSIGNMENT, "MS"))["people"] == []


def test_a_draft_that_nobody_approved_is_no_reply() -> None:
    file = given(in_handling(), reported(), reply_drafted())
    file.when(issue(K.REPLY), by="chen").then_refused(NotPossibleNow)
    again = given(in_handling(), reported(), reply_drafted(), reply_approved(), reply_drafted("另一稿"))
    again.when(issue(K.REPLY), by="chen").then_refused(NotPossibleNow)


def test_the_number_is_the_series_next_one_and_names_kind_and_year() -> None:
    file = given(received(), accepted())
    world = context("wu", now=file.now)._replace(letterhead=Letterhead(7, "禾街信", "a" * 64))
    (fact,) = issue(K.ACCEPTANCE).execute(file.petition, world).facts
    assert isinstance(fact, r.LetterIssued)
    assert (fact.id, fact.document_number, fact.template) == ("acceptance-2026-7", "禾街信受告〔2026〕7号", "a" * 64)
    assert len({LetterSeries(kind, 2026).stream for kind in LetterKind}) == len(set(MARKS.values())) == len(LetterKind)
    assert letter_number("HY", K.REPLY, 2027, 12) == "HY答〔2027〕12号"
    assert letter_id(K.FOLLOW_UP, 2026, 3) == "follow_up-2026-3"


def test_petitioners_stand_in_a_letter_by_reference_only() -> None:
    file = given(received(petitioners=(PERSON, OTHER)), accepted(), assigned("MS", "WY"))
    told = said(file, issue(K.ASSIGNMENT, "WY"))
    assert told["people"][0] == {
        "kind": "信访人",
        "name": "⟦p1.name⟧",
        "phone": "⟦p1.phone⟧",
        "id_number": "",
        "address": "⟦p1.address⟧",
    }
    assert str(PERSON.name) not in json.dumps(told, ensure_ascii=False)
    assert (told["unit"], told["part"]) == ("物业与住房服务站", "协办")
    assert said(file, issue(K.ACCEPTANCE))["to"] == "⟦p1.name⟧、⟦p2.name⟧"
    assert said(file, issue(K.ACCEPTANCE, petitioner="p2"))["to"] == "⟦p2.name⟧"
    file.when(issue(K.ACCEPTANCE, petitioner="p9"), by="wu").then_refused(Invalid, ("petitioner",))


def test_a_unit_gets_its_own_sheet() -> None:
    file = given(received(), accepted(), assigned("MS", "WY"))
    for about in (None, "ZF"):
        file.when(issue(K.ASSIGNMENT, about), by="wu").then_refused(Invalid, ("about",))
    file.when(issue(K.ACCEPTANCE, "MS"), by="wu").then_refused(Invalid, ("about",))


def test_a_refusal_tells_its_ground_article_and_reason_and_where_to_turn() -> None:
    told = said(given(received(), DECLINED), issue(K.DECLINE), by="wu")
    assert told["ground"] == "属于审判机关职权范围"
    assert told["article"] == "《信访工作条例》第三十一条"
    assert told["reason"] == ["已由法院受理"]
    assert "人民法院" in told["advice"]


def test_an_extension_tells_its_reason_and_the_new_day() -> None:
    told = said(given(*ONCE_TOLD[K.EXTENSION]), issue(K.EXTENSION))
    assert (told["reason"], told["days"], told["due"]) == (
        ["材料未到"],
        "15个工作日",
        chinese_day(due(Clock.HANDLE).due),
    )


def test_a_reply_names_the_right_to_a_review_and_to_whom_where_there_is_one() -> None:
    text = "路灯已修好。\n谢谢反映。"
    on_petition_track = received(nature=Nature.COMPLAINT)
    (fact,) = on_petition_track.facts
    assert isinstance(fact, r.PetitionReceived)
    first = step(fact.model_copy(update={"track": Track.XINFANG}), by="wu")
    rest: list[Steps] = [accepted(), assigned(), signed(), reported(), reply_drafted(text), reply_approved(text)]
    told = said(given(first, *rest), issue(K.REPLY))
    assert told["text"] == ["路灯已修好。", "谢谢反映。"]
    assert (told["review_days"], told["reviewer"]) == ("30日", "澄湖区人民政府")
    assert said(given(received(), *rest), issue(K.REPLY))["review_days"] == ""


def test_the_committee_prints_its_order_and_nothing_else() -> None:
    file = given(in_handling(), ordered())
    assert said(file, IssueOrder(about="o1"), by="zhou")["demand"] == ["限期办结"]
    file.when(IssueOrder(about="o2"), by="zhou").then_refused(Invalid, ("about",))
    file.when(issue(K.ACCEPTANCE), by="zhou").then_refused(WrongRole)
    file.when(issue(K.ORDER, "o1"), by="bai").then_refused(Invalid, ("kind",))
    given(in_handling()).when(IssueOrder(about="o1"), by="zhou").then_refused(NotPossibleNow)


def test_only_the_files_own_units_issue() -> None:
    file = given(received(), accepted(), assigned("MS"))
    file.when(issue(K.ASSIGNMENT, "MS"), by="gu").then_refused(NotYourUnit)
    file.when(issue(K.ASSIGNMENT, "MS"), by="chen").then(r.LetterIssued)


def test_a_new_round_is_followed_up_anew() -> None:
    file = given(in_supervising(), followed_up(), reopened())
    file.when(issue(K.FOLLOW_UP), by="zhao").then_refused(NotPossibleNow)


# Proof of delivery


NOTICE = "acceptance-2026-1"
SERVED = ServeLetter(letter=NOTICE, method=Delivery.IN_PERSON, received_by="甘棠梨", proof=("a1",))


def test_delivery_is_proved_once_by_whom_how_and_with_what() -> None:
    file = given(received(), accepted(), letter_issued())
    blank = said(file, issue(K.SERVICE, NOTICE))
    assert (blank["letter"], blank["letter_number"], blank["method"]) == ("受理告知书", "HY受告〔2026〕1号", "")
    after = file.when(SERVED, by="wu").then(r.LetterServed)
    fact = after.recorded[-1].fact
    assert isinstance(fact, r.LetterServed)
    assert (fact.received_by, [one.id for one in fact.proof]) == ("⟦p1.name⟧", ["a1"])
    assert "a1" in after.petition.attachments
    after.when(SERVED, by="wu").then_refused(NotPossibleNow)
    told = said(after, issue(K.SERVICE, NOTICE))
    assert (told["method"], told["received_by"], told["proof"]) == ("当面送达", "⟦p1.name⟧", "1")
    two = given(received(), accepted(), letter_issued(), letter_issued(K.REPLY)).when(SERVED, by="wu")
    two.then(r.LetterServed).when(SERVED, by="wu").then_refused(Invalid, ("letter",))


def test_what_was_never_issued_or_is_not_for_the_petitioner_is_not_served() -> None:
    given(received(), accepted()).when(SERVED, by="wu").then_refused(NotPossibleNow)
    given(in_handling(), letter_issued(K.ASSIGNMENT, "MS")).when(SERVED, by="wu").then_refused(NotPossibleNow)
    file = given(received(), accepted(), letter_issued())
    other = ServeLetter(letter="reply-2026-1", method=Delivery.POST)
    file.when(other, by="wu").then_refused(Invalid, ("letter",))
    file.when(issue(K.SERVICE, "reply-2026-1"), by="wu").then_refused(Invalid, ("about",))


def test_somebody_signs_for_what_is_handed_over() -> None:
    file = given(received(), accepted(), letter_issued())
    file.when(ServeLetter(letter=NOTICE, method=Delivery.IN_PERSON), by="wu").then_refused(Invalid, ("received_by",))
    file.when(ServeLetter(letter=NOTICE, method=Delivery.POST), by="wu").then(r.LetterServed)


def test_a_letter_is_not_delivered_before_it_was_issued() -> None:
    file = given(received(), accepted(), letter_issued().on(MONDAY + timedelta(days=2)))
    early = ServeLetter(letter=NOTICE, method=Delivery.POST, occurred_at=shanghai(MONDAY, 12))
    file.when(early, by="wu").then_refused(Invalid, ("occurred_at",))
    before = ServeLetter(letter=NOTICE, method=Delivery.POST, occurred_at=shanghai(MONDAY - timedelta(days=1)))
    file.when(before, by="wu").then_refused(OutOfOrder)


@pytest.mark.parametrize(
    ("day", "plain", "formal"),
    [
        (date(2026, 9, 18), "2026年9月18日", "二〇二六年九月十八日"),
        (date(2026, 10, 10), "2026年10月10日", "二〇二六年十月十日"),
        (date(2027, 11, 20), "2027年11月20日", "二〇二七年十一月二十日"),
        (date(2030, 12, 31), "2030年12月31日", "二〇三〇年十二月三十一日"),
        (date(2026, 1, 1), "2026年1月1日", "二〇二六年一月一日"),
    ],
)
def test_days_in_chinese(day: date, plain: str, formal: str) -> None:
    assert (chinese_day(day), formal_day(day)) == (plain, formal)


def test_letters_of_a_published_file_can_still_be_issued() -> None:
    file = given(in_publishing())
    assert {kind for kind, _ in possible_letters(file.petition)} == {K.ACCEPTANCE, K.ASSIGNMENT, K.REPLY}
