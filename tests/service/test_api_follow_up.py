"""What whoever calls back goes by: the script of the rulebook, its answers on record, and when to call again."""

from __future__ import annotations

from tests.service.api_kit import Office, assigned, published, replied


def test_the_script_is_shown_and_its_answers_are_kept(office: Office) -> None:
    number = assigned(office)
    assert office.ok(office.get("intake", f"/petitions/{number}"))["follow_up"] is None
    replied(office, number)
    published(office, number)
    told = office.ok(office.get("caller", f"/petitions/{number}"))["follow_up"]
    assert told["script"]["opening"].startswith("您好")
    assert [one["code"] for one in told["script"]["questions"]] == ["CAME", "ATTITUDE", "MORE"]
    assert (told["attempts_missed"], told["attempts_needed"], told["next_attempt_at"]) == (0, 3, None)
    assert not told["place_may_be_asked"]
    office.take("caller", number, "miss-follow-up")
    again = office.post("caller", f"/petitions/{number}/miss-follow-up")
    assert (again.status_code, again.json()["code"]) == (409, "not_possible_now")
    told = office.ok(office.get("caller", f"/petitions/{number}"))["follow_up"]
    assert (told["attempts_missed"], told["next_attempt_at"] is not None) == (1, True)
    answers = [{"question": "ATTITUDE", "answer": "好"}, {"question": "MORE", "answer": "请打13900001111"}]
    wrong = office.post(
        "caller",
        f"/petitions/{number}/follow-up",
        {"solved": "solved", "satisfaction": "satisfied", "answers": [{"question": "ATTITUDE", "answer": "极好"}]},
    )
    assert wrong.json()["errors"][0]["loc"] == ["answers", 0, "answer"]
    assert "极好" not in wrong.text
    done = office.take("caller", number, "follow-up", solved="solved", satisfaction="satisfied", answers=answers)
    (act,) = [
        one
        for one in office.ok(office.get("supervisor", f"/petitions/{number}/events", after=done["position"]))["events"]
        if one["topic"] == "petition.followed_up"
    ]
    assert [one["question"] for one in act["facts"]["answers"]] == ["ATTITUDE", "MORE"]
    assert act["texts"]["answers.0.answer"] == "好"
    assert "13900001111" not in str(act)
