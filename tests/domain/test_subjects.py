"""Which category a text may belong to: by its words, best first, and nothing where it says nothing."""

import pytest

from domain.subjects import LEAST, MOST, subjects
from tests.domain.rulebook_sample import SAMPLE


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("三单元楼道灯坏了一周", "020102"),
        ("连续三晚夜间施工，老人无法入睡", "080202"),
        ("小区门口井盖缺损，很危险", "020103"),
        ("想咨询临时救助怎么申请", "050102"),
    ],
)
def test_the_words_of_a_text_speak_for_a_category(text, first):
    found = subjects(text, SAMPLE)
    assert found[0].category == first
    assert len(found) <= MOST
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(LEAST <= one.score <= 1 for one in found)


def test_the_reason_names_the_words_found():
    (one, *_) = subjects("井盖缺损", SAMPLE)
    assert one.reason.zh == "文中有“井盖、盖缺、缺损”"
    assert one.score == 1.0


@pytest.mark.parametrize("text", ["", "您好", "谢谢你们的工作"])
def test_a_text_that_speaks_of_nothing_gets_no_proposal(text):
    assert subjects(text, SAMPLE) == ()
