"""What projections store of personal data, and that remembering it keeps nothing of the value."""

import pytest

from domain.kernel import Erased
from domain.petition.events.values import Petitioner
from projections import masked as module
from projections.masked import masked, masked_people, published

TEXT = "联系人：王小明，电话13800138000"


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(module, "_REMEMBERED", {})


def test_a_text_is_masked_and_an_erased_one_is_none():
    assert masked(TEXT) == "联系人：王某某，电话138****8000"
    assert masked(Erased()) is None
    assert masked(None) is None
    assert published(TEXT) == TEXT


def test_the_same_words_are_masked_by_what_they_are():
    person = Petitioner(id="p1", name="13800138000", phone="13800138000")
    assert masked_people([person])["p1"] == {"name": "***", "phone": "138****8000"}
    assert masked("13800138000") == "138****8000"


def test_of_what_was_masked_nothing_is_remembered_but_the_masked_form():
    masked(TEXT)
    masked_people([Petitioner(id="p1", name="王小明", phone="13800138000")])
    remembered = repr(module._REMEMBERED)
    assert "小明" not in remembered
    assert "13800138000" not in remembered
    assert masked(TEXT) == masked(str(TEXT))


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 3)
    shown = [masked(f"电话1380013800{digit}") for digit in range(10)]
    assert shown == [f"电话138****800{digit}" for digit in range(10)]
    assert len(module._REMEMBERED) <= 3
