"""What the store keeps comes back, sealed in between; conflicts, several streams at once, receipts, erasures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import orjson
import psycopg
import pytest

from domain.errors import Busy, KeyReused, Stale
from domain.kernel import Erased, Event, stamp, stream_id
from service.append import EVERYBODY, Append, StreamWrite
from service.mapper import EventMapper, UnknownTopic, Unreadable
from service.migrations import migrate
from service.recovery import recover
from service.store import Store
from service.vault import Vault, WrongMasterKey
from tests.service.store_kit import (
    MASTER,
    NOW,
    SERIES,
    WAIT,
    Detour,
    Noted,
    Opened,
    Person,
    Poisoned,
    Renamed,
    Wish,
    context,
    intake,
    one_batch,
    receipt,
    step,
)

FULL = Opened(
    text="楼道灯坏了三个月",
    words=("无人理会", "老人摔倒"),
    people=(Person(id="p1", name="赵小草", phone="13900001111"), Person(id="p2", name="钱大树"), Person(id="p3")),
    detour=Detour(wishes=(Wish(category="A1", text="尽快修好"),), person=Person(id="p2", phone="13900002222")),
)
SECRETS = [
    "楼道灯坏了三个月",
    "无人理会",
    "赵小草",
    "13900001111",
    "钱大树",
    "尽快修好",
    "13900002222",
    "纸质登记遗漏",
    "7Q2M-XK4D",
]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store(database_url, Vault(MASTER)) as opened:
        yield opened


def stored_text(url: str) -> bytes:
    """Everything the database holds, as bytes."""
    with psycopg.connect(url) as db:
        rows = db.execute("SELECT topic, convert_from(state, 'UTF8') FROM stored_events").fetchall()
        keys = db.execute("SELECT * FROM vault_keys").fetchall()
    return repr((rows, keys)).encode()


def stored_states(url: str) -> list[bytes]:
    """The stored bytes of every event, in order."""
    with psycopg.connect(url) as db:
        return [state for (state,) in db.execute("SELECT state FROM stored_events ORDER BY notification_id")]


def test_every_shape_of_personal_data_comes_back_and_stands_nowhere_in_plain(store: Store, database_url: str):
    write = StreamWrite(None, 0, (FULL, Opened()), None, backdated_because="纸质登记遗漏")
    done = store.append(Append((write,), context(), SERIES, (receipt("k"),))).result(WAIT)
    first, second = store.history("HY-2026-000001")
    assert first.fact == FULL
    assert second.fact == Opened()
    assert (first.stream, first.version, first.occurred_at, first.recorded_at) == ("HY-2026-000001", 1, None, NOW)
    assert first.backdated_because == "纸质登记遗漏"
    assert first.actor == context().actor
    assert (second.position, second.version) == (done.position, 2)
    assert done.versions == {"HY-2026-000001": 2}
    text = stored_text(database_url)
    assert not [secret for secret in SECRETS if secret.encode() in text]
    assert "路灯".encode() in text


def test_an_unknown_stream_has_no_history(store: Store):
    assert store.history("HY-2026-999999") == []
    assert store.position_of("HY-2026-999999", 1) is None
    assert store.last_position() == 0


def test_erased_petitioners_and_files_stay_erased_and_no_stored_byte_changes(store: Store, database_url: str):
    number = store.append(intake(FULL, receipts=(receipt("k"),))).result(WAIT).number
    assert number
    before = stored_states(database_url)
    store.append(step(number, 1, Opened(text="依申请删除"), forget=("p1",))).result(WAIT)
    fact = store.history(number)[0].fact
    assert isinstance(fact, Opened)
    assert fact.people[0] == Person(id="p1", name=Erased(), phone=Erased())
    assert fact.people[1].name == "钱大树"
    assert fact.text == FULL.text
    store.append(step(number, 2, Opened(text="整卷删除"), forget=(EVERYBODY,))).result(WAIT)
    old, note, last = (recorded.fact for recorded in store.history(number))
    assert isinstance(old, Opened)
    assert isinstance(note, Opened)
    assert isinstance(last, Opened)
    assert old.text == old.words == note.text == Erased()
    assert old.detour == Detour(wishes=(Wish(category="A1", text=Erased()),), person=Person(id="p2", phone=Erased()))
    assert old.people[2] == Person(id="p3")
    assert last.text == "整卷删除"
    replayed = store.append(intake(FULL, receipts=(receipt("k"),))).result(WAIT).replayed
    assert replayed
    assert replayed.query_code == Erased()
    assert stored_states(database_url)[: len(before)] == before
    store.append(step(number, 3, old)).result(WAIT)
    assert store.history(number)[3].fact == old


def test_an_erasure_by_another_process_is_seen_at_once(store: Store, database_url: str):
    store.append(step("s", 0, Opened(text="一"))).result(WAIT)
    with Store(database_url, Vault(MASTER)) as other:
        other.append(step("s", 1, forget=(EVERYBODY,))).result(WAIT)
    store.append(step("s", 2, Opened(text="二"))).result(WAIT)
    facts = [recorded.fact for recorded in store.history("s")]
    assert facts == [Opened(text=Erased(), words=Erased()), Noted(), Opened(text="二")]


def test_a_refused_erasure_forgets_nothing(store: Store):
    store.append(step("s", 0, Opened(text="一"))).result(WAIT)
    with pytest.raises(Stale):
        store.append(step("s", 0, forget=(EVERYBODY,))).result(WAIT)
    assert store.history("s")[0].fact == Opened(text="一")


def test_older_versions_are_opened_under_the_names_of_their_time(store: Store, database_url: str):
    vault = Vault(MASTER)
    store.append(step("s", 0, Opened(text="占位"))).result(WAIT)
    with psycopg.connect(database_url) as db:
        id_, wrapped = db.execute(
            "SELECT key_id, wrapped FROM vault_keys WHERE stream = %s", (stream_id("s"),)
        ).fetchone() or (None, None)
        assert id_ is not None
        sealed = vault.seal(vault.unwrap(id_, wrapped), "comment", "旧字段")
        state = orjson.loads(bytes(db.execute("SELECT state FROM stored_events").fetchall()[0][0]))
        state |= {"v": 1, "f": {"comment": sealed}}
        db.execute("UPDATE stored_events SET topic = 'test.renamed', state = %s", (orjson.dumps(state),))
    assert store.history("s")[0].fact == Renamed(remark="旧字段")
    assert store.notifications(0, 10, readable=False)[0].fact == Renamed(remark=Erased())


def test_an_unknown_topic_and_a_damaged_event_are_named_without_their_content(store: Store, database_url: str):
    position = store.append(step("s", 0, Opened(title="甲乙丙丁"))).result(WAIT).position
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("UPDATE stored_events SET topic = 'test.gone'")
        with pytest.raises(UnknownTopic, match=rf"position {position}, test\.gone"):
            store.history("s")
        db.execute("UPDATE stored_events SET topic = 'test.noted'")
        with pytest.raises(Unreadable, match=r"test\.noted.*title") as caught:
            store.notifications(0, 10, readable=True)
        assert "甲乙丙丁" not in str(caught.value)
        db.execute("UPDATE stored_events SET state = 'broken'")
        with pytest.raises(Unreadable, match="damaged"):
            store.history("s")


def test_a_conflict_fails_only_its_own_request(store: Store, database_url: str):
    store.append(step("s", 0)).result(WAIT)
    with one_batch(store, database_url):
        futures = [store.append(step("s", 1, Noted(count=n))) for n in range(5)]
        others = [store.append(step(f"t{n}", 0)) for n in range(5)]
    errors = [future.exception(10) for future in futures]
    assert [type(error) for error in errors] == [type(None), *[Stale] * 4]
    assert all(other.result(WAIT) for other in others)
    assert [recorded.fact for recorded in store.history("s")] == [Noted(), Noted(count=0)]


def test_several_streams_are_written_together_or_not_at_all(store: Store):
    store.append(step("a", 0)).result(WAIT)

    def both(after: int) -> Append:
        writes = (
            StreamWrite("a", 1, (Noted(count=1),), NOW),
            StreamWrite("b", after, (Opened(text="乙"), Noted()), NOW),
            StreamWrite("b", after + 2, (Noted(count=9),), NOW),
        )
        return Append(writes, context())

    with pytest.raises(Stale):
        store.append(both(3)).result(WAIT)
    assert [len(store.history(name)) for name in "ab"] == [1, 0]
    done = store.append(both(0)).result(WAIT)
    assert done.versions == {"a": 2, "b": 3}
    assert done.position == store.position_of("b", 3) == store.last_position()


def test_a_write_without_facts_only_holds_a_stream_where_it_is(store: Store):
    store.append(step("rulebook", 0)).result(WAIT)
    kept = Append((StreamWrite("s", 0, (Noted(),), NOW), StreamWrite("rulebook", 0, (), NOW)), context())
    with pytest.raises(Stale):
        store.append(kept).result(WAIT)
    assert store.history("s") == []


def test_the_same_request_is_answered_as_the_first_time(store: Store):
    request = intake(FULL, receipts=(receipt("k"), receipt("source", strict=False)))
    first = store.append(request).result(WAIT)
    store.append(intake()).result(WAIT)
    again = store.append(replace(request, context=context())).result(WAIT)
    assert again.replayed
    assert (again.replayed.stage, again.replayed.round, again.replayed.query_code) == ("received", 1, "7Q2M-XK4D")
    assert (again.number, again.position, again.versions) == (first.number, first.position, first.versions)
    with pytest.raises(KeyReused):
        store.append(intake(FULL, receipts=(receipt("k", "other body"),))).result(WAIT)
    source = store.append(intake(receipts=(receipt("new"), receipt("source", "other body", strict=False)))).result(WAIT)
    assert source.replayed == again.replayed
    assert store.append(intake()).result(WAIT).number == "HY-2026-000003"


def test_a_step_carries_a_receipt_that_answers_before_its_version_is_looked_at(store: Store):
    store.append(step("s", 0)).result(WAIT)
    first = store.append(step("s", 1, receipts=(receipt("k", query_code=None),))).result(WAIT)
    again = store.append(step("s", 1, receipts=(receipt("k", query_code=None),))).result(WAIT)
    assert again.replayed
    assert (again.position, again.versions) == (first.position, {"s": 2})
    assert len(store.history("s")) == 2


def test_an_erasure_counts_for_its_neighbours_in_the_same_batch(store: Store, database_url: str):
    with one_batch(store, database_url):
        store.append(step("s", 0, Opened(text="一")))
        store.append(step("s", 1, forget=(EVERYBODY,)))
        last = store.append(step("s", 2, Opened(text="二")))
    last.result(WAIT)
    texts = [recorded.fact.text for recorded in store.history("s") if isinstance(recorded.fact, Opened)]
    assert texts == [Erased(), "二"]


def test_twins_in_one_batch_make_one_file(store: Store, database_url: str):
    with one_batch(store, database_url):
        futures = [store.append(intake(receipts=(receipt("k"),))) for _ in range(20)]
    results = [future.result(WAIT) for future in futures]
    assert {(result.number, result.position) for result in results} == {("HY-2026-000001", results[0].position)}
    assert [result.replayed is None for result in results] == [True] + [False] * 19


def test_followers_get_every_event_in_order_with_or_without_keys(store: Store):
    number = store.append(intake(FULL, receipts=(receipt("k"),))).result(WAIT).number
    store.append(step("s", 0, Opened(text="二"))).result(WAIT)
    readable = store.notifications(0, 10, readable=True)
    assert [recorded.fact.TOPIC for recorded in readable] == ["test.opened", "receipt.issued", "test.opened"]
    assert readable[0].fact == FULL
    assert readable[0].stream == number
    assert getattr(readable[1].fact, "query_code", None) == "7Q2M-XK4D"
    masked = store.notifications(readable[1].position, 10, readable=False)
    assert [recorded.fact for recorded in masked] == [Opened(text=Erased(), words=Erased())]
    assert store.notifications(store.last_position(), 10, readable=True) == []


def test_the_librarys_own_recorder_writes_the_same_log(store: Store):
    facts: list[Event] = [Noted(count=1)]
    (recorded,) = stamp(facts, stream="s", after=0, context=context(), occurred_at=NOW)
    ids = store._recorder.insert_events([store._mapper.to_stored_event(recorded)])
    assert ids == [store.last_position()]
    assert store.history("s")[0].fact == Noted(count=1)
    assert store._recorder.select_events(stream_id("s"))[0].topic == "test.noted"


def test_a_listener_wakes_when_something_was_appended(store: Store):
    with store.listen() as listener:
        assert listener.wait(0)
        assert not listener.wait(0)
        store.append(step("s", 0)).result(WAIT)
        assert listener.wait(WAIT)


def test_another_master_key_is_noticed_before_anything_is_sealed(store: Store, database_url: str):
    with pytest.raises(WrongMasterKey):
        Store(database_url, Vault(bytes(32)))


def test_migrating_again_changes_nothing(database_url: str, empty_database_url: str):
    assert migrate(database_url) == []
    assert migrate(empty_database_url)[0] == "0001_store.sql"


def test_appends_that_no_caller_may_ask_for():
    new = StreamWrite(None, 0, (Noted(),), NOW)
    for writes in [(), (StreamWrite("s", 0, (), NOW),), (replace(new, after=3),)]:
        with pytest.raises(ValueError, match=r"append|new file"):
            Append(writes, context(), SERIES)
    with pytest.raises(ValueError, match="series"):
        Append((new,), context())


def test_a_full_queue_refuses_at_once_and_a_closed_store_too(database_url: str):
    with Store(database_url, Vault(MASTER), queue=0) as store:
        with pytest.raises(Busy):
            store.append(step("s", 0))
    with Store(database_url, Vault(MASTER)) as store:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        store.append(step(uuid4().hex, 0))


def test_what_the_database_refuses_fails_alone_and_quotes_nothing(store: Store, database_url: str):
    with one_batch(store, database_url):
        futures = [store.append(intake(Poisoned() if n == 3 else Noted(count=n))) for n in range(6)]
    errors = [future.exception(10) for future in futures]
    assert [error is None for error in errors] == [True, True, True, False, True, True]
    assert str(errors[3]) == "the database refused (22021)"
    numbers = [future.result().number for n, future in enumerate(futures) if n != 3]
    assert numbers == [f"HY-2026-{n:06d}" for n in range(1, 6)]


def several(count: int) -> Append:
    """An append that makes that many new files."""
    writes = tuple(StreamWrite(None, 0, (FULL, Noted(count=place)), NOW) for place in range(count))
    receipts = tuple(replace(receipt(f"several-{place}"), of=place) for place in range(count))
    return Append(writes, context(), SERIES, receipts)


def test_several_new_files_get_the_next_numbers_together(store: Store, database_url: str):
    with one_batch(store, database_url):
        before, many, behind = store.append(intake()), store.append(several(3)), store.append(intake())
    assert before.result(WAIT).number == "HY-2026-000001"
    done = many.result(WAIT)
    assert done.numbers == ("HY-2026-000002", "HY-2026-000003", "HY-2026-000004")
    assert (done.number, done.versions) == ("HY-2026-000002", dict.fromkeys(done.numbers, 2))
    assert behind.result(WAIT).number == "HY-2026-000005"
    for place, number in enumerate(done.numbers):
        assert [recorded.fact for recorded in store.history(number)] == [FULL, Noted(count=place)]
        issued = store.receipt(receipt(f"several-{place}").name)
        assert issued is not None
        assert (issued[0].stream, issued[0].version) == (number, 2)
    store.append(step("HY-2026-000003", 2, forget=(EVERYBODY,))).result(WAIT)
    first, second, third = (store.history(number)[0].fact for number in done.numbers)
    assert (first, third) == (FULL, FULL)
    assert isinstance(second, Opened)
    assert isinstance(second.text, Erased)


def test_several_new_files_are_written_together_or_not_at_all(store: Store):
    taken = replace(receipt("several-1"), of=0)
    store.append(Append((StreamWrite(None, 0, (Noted(),), NOW),), context(), SERIES, (taken,))).result(WAIT)
    last = store.last_position()
    done = store.append(several(3)).result(WAIT)
    assert done.replayed is not None
    assert store.last_position() == last
    assert store.append(intake()).result(WAIT).number == "HY-2026-000002"


def test_what_became_of_several_is_found_out_after_a_lost_answer(store: Store, database_url: str):
    append = several(3)
    done = store.append(append).result(WAIT)
    with psycopg.connect(database_url) as db:
        mapper = EventMapper(Vault(MASTER))
        assert recover(db, mapper, append, done.numbers) == done
        assert recover(db, mapper, several(3), done.numbers) is None, "the numbers went to somebody else's command"
        assert recover(db, mapper, several(3), ("HY-2026-000004", "HY-2026-000005", "HY-2026-000006")) is None
        assert recover(db, mapper, several(3), ()) is None, "it never got as far as to be given numbers"
