"""How alike two petitions are: the measure, the thresholds, the reasons; and keys that find what is alike."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import Erased
from domain.likeness import BANDS, KEY_BITS, SameBy, Seen, compare, identities, keys, likeness
from domain.petition.events.values import Petitioner
from domain.rulebook import RulebookContent
from domain.terms import search_terms
from domain.vocabulary import PetitionerKind
from tests.domain.rulebook_sample import SAMPLE, edited

DAY = date(2026, 11, 16)
NOISE = "石榴园1号楼前连续三晚夜间施工，噪声很大，老人孩子无法入睡，希望尽快制止"
AGAIN = "石榴园1号楼前夜间施工已连续四晚，噪声太大，孩子和老人无法入睡，请尽快处理"
LAMP = "三单元楼道灯坏了一周，晚上看不见台阶，老人摔了一跤"
TERMS = st.frozensets(st.text("甲乙丙丁戊己庚辛", min_size=2, max_size=2), max_size=30)


def seen(text: str, *by: SameBy, day: date | None = DAY, area: str | None = "A02G1B01", **more) -> Seen:
    return Seen(day, frozenset(search_terms(text)), area, more.get("category", "080202"), by)


@given(TERMS, TERMS)
def test_likeness_is_a_share(one, other):
    found = likeness(one, other)
    assert 0 <= found <= 1
    assert found == likeness(other, one)
    assert (found == 1) == (one == other and bool(one))
    assert (found == 0) == (not one & other)


def test_likeness_is_twice_what_is_shared_over_all():
    assert likeness({"甲乙", "乙丙"}, {"甲乙", "丙丁"}) == 0.5
    assert likeness(set(), set()) == 0


def test_the_same_matter_of_the_same_person():
    found = compare(seen(NOISE), seen(AGAIN, SameBy.PHONE, SameBy.NAME_ADDRESS, day=DAY - timedelta(days=3)), SAMPLE)
    assert found is not None
    told = [one.zh for one in found.reasons]
    assert told[:2] == ["同一人：电话相同", "同一人：姓名和住址相同"]
    assert told[2].startswith("文字相似度")
    assert told[3:] == ["同一地点：石榴园 1 号楼", "同一类别：施工噪声", "收到日相隔3天"]
    assert found.score > found.likeness > SAMPLE.duplicates.same_person


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (seen(NOISE), True),
        (seen(NOISE, area="A02"), True),
        (seen(NOISE, area="A03"), False),
        (seen(NOISE, area="A"), False),
        (seen(NOISE, area=None), False),
        (seen(LAMP), False),
        (seen(NOISE, SameBy.PHONE, area="A03"), True),
        (seen(LAMP, SameBy.PHONE), False),
        (seen("", SameBy.PHONE), False),
        (seen(NOISE, day=DAY - timedelta(days=180)), True),
        (seen(NOISE, day=DAY + timedelta(days=180)), True),
        (seen(NOISE, day=DAY - timedelta(days=181)), False),
        (seen(NOISE, day=None), False),
        (seen(NOISE, category=None), True),
    ],
)
def test_what_is_alike_enough(other, alike):
    assert (compare(seen(NOISE), other, SAMPLE) is not None) == alike


def test_the_thresholds_are_the_rulebooks():
    strict = RulebookContent.from_toml(
        edited(("same_person = 0.3", "same_person = 0.99"), ("window_days = 180", "window_days = 2"))
    )
    assert compare(seen(NOISE), seen(AGAIN, SameBy.PHONE), SAMPLE) is not None
    assert compare(seen(NOISE), seen(AGAIN, SameBy.PHONE), strict) is None
    assert compare(seen(NOISE), seen(NOISE, day=DAY - timedelta(days=3)), strict) is None


def test_who_can_be_known_again():
    one = Petitioner(
        id="p1", name="甘棠梨", phone="+86 139-0000-1234", id_number="11010519491231002x", address="幸福路3号"
    )
    other = Petitioner(
        id="p9", name="甘 棠梨", phone="１３９００００１２３４", id_number="11010519491231002X", address="幸福路 3号"
    )
    assert dict(identities(one)) == dict(identities(other))
    assert set(dict(identities(one))) == set(SameBy)
    assert not list(identities(Petitioner(id="p1", name="甘棠梨")))
    assert not list(identities(Petitioner(id="p1", name=Erased(), phone=Erased(), address="幸福路3号")))
    assert not list(identities(one.model_copy(update={"kind": PetitionerKind.AGENT})))


def test_keys_find_what_is_alike():
    mine = set(keys(search_terms(NOISE)))
    assert len(mine) == BANDS
    assert all(0 <= key < 1 << KEY_BITS for key in mine)
    assert mine & set(keys(search_terms(AGAIN)))
    assert keys([]) == ()


@given(st.lists(st.text("甲乙丙丁", min_size=1, max_size=3), min_size=1, unique=True), st.randoms())
def test_keys_know_no_order(terms, random):
    shuffled = random.sample(terms, len(terms))
    assert keys(terms) == keys(shuffled)


@pytest.mark.parametrize(("shared", "least", "most"), [(30, 170, 200), (3, 0, 40), (0, 0, 0)])
def test_keys_find_most_of_what_is_half_alike_and_little_else(shared, least, most):
    """Of 200 made-up pairs of texts of 60 terms, of which so many are shared."""
    found = 0
    for n in range(200):
        both = [f"s{n}.{k}" for k in range(shared)]
        mine, other = ([f"{part}{n}.{k}" for k in range(60 - shared)] for part in "mo")
        found += not set(keys([*both, *mine])).isdisjoint(keys([*both, *other]))
    assert least <= found <= most
