"""How much of what identifies people redaction finds: in made-up sentences of every sort, and in real texts.

Made-up sentences say themselves what must go, so what is missed can be counted; the least share that must be found
stands here by kind. Real texts are read by plain patterns of this file's own, which know nothing of the detectors.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from domain.redaction import Known, redact
from domain.vocabulary import RedactionKind as Kind

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
REAL = {
    "petitions-with-replies.csv.gz": ("title", "body", "reply"),
    "petitions-labelled.csv.gz": ("title", "body"),
    "board-messages.csv.gz": ("title", "content"),
}

ROUNDS = 300
LEAST = {
    Kind.PHONE: 1.0,
    Kind.ID_NUMBER: 1.0,
    Kind.BANK_CARD: 1.0,
    Kind.PLATE: 1.0,
    Kind.EMAIL: 1.0,
    Kind.ADDRESS: 0.97,
    Kind.NAME: 0.9,
}
"""The share of made-up values of each kind that must be found: numbers have a form, names and doors have a
context. A name that is announced weakly and begins like an ordinary word (马, 高) is not taken for one."""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("小山", "雨荷", "立新", "大勇", "秀芬", "晓东", "桂英", "一鸣", "志强", "文博")
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
ROADS = ("解放路", "人民东路", "学府街", "建设大道", "和平里")
ESTATES = ("阳光花园", "金桂苑", "锦绣家园", "梧桐公寓")


def luhn(body: str) -> str:
    """A card number with its check digit (ISO/IEC 7812)."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    return f"{body}{-sum(one - 9 if one > 9 else one for one in doubled) % 10}"


def digits(chance: Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def gapped(chance: Random, parts: tuple[str, ...]) -> str:
    """The parts of a number as people write it."""
    return chance.choice(("", "", " ", "-", ".")).join(parts)


def identity_card(chance: Random) -> str:
    born = f"{chance.randint(1940, 2009)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    body = f"{chance.randint(110000, 659000)}{born}{digits(chance, 3)}"
    check = "10X98765432"[sum(int(one) * weight for one, weight in zip(body, WEIGHTS, strict=True)) % 11]
    return body + (check.lower() if chance.random() < 0.2 else check)


def plate(chance: Random) -> str:
    """An ordinary plate of five, or a new-energy one of six characters with D or F first or last."""
    head = chance.choice(PROVINCES) + chance.choice("ABCDEFGHJK") + chance.choice(("", "", "·"))
    ordinary = f"{chance.choice('ABCDEFGH0123456789')}{digits(chance, 4)}"
    return head + chance.choice((ordinary, f"D{digits(chance, 5)}", f"F{digits(chance, 5)}", f"{digits(chance, 5)}D"))


def door(chance: Random) -> tuple[str, str]:
    """A sentence's words before a door, and the door."""
    number, room = chance.randint(1, 280), f"{chance.randint(1, 30)}0{chance.randint(1, 9)}"
    return chance.choice(
        (
            (chance.choice(ROADS), f"{number}号{chance.randint(1, 20)}栋{chance.randint(1, 4)}单元{room}室"),
            (chance.choice(ROADS), f"{number}号"),
            (chance.choice(ESTATES), f"{chance.randint(1, 30)}幢{room}室"),
            (chance.choice(ESTATES), f"{chance.randint(1, 30)}号楼{chance.randint(1, 4)}单元{room}"),
            (chance.choice(ESTATES), f"{chance.randint(1, 30)}-{chance.randint(1, 4)}-{room}"),
            ("我家在", f"{chance.choice('一二三四五六七八')}号楼{chance.choice('一二三')}单元五零二室"),
        )
    )


def sentence(chance: Random, kind: Kind) -> tuple[str, str]:
    """A made-up sentence with one value of this kind in it, and the value."""
    match kind:
        case Kind.PHONE:
            parts = (f"1{chance.choice('3456789')}{digits(chance, 1)}", digits(chance, 4), digits(chance, 4))
            mobile = gapped(chance, parts)
            fixed = f"0{chance.choice(('10', '21', '592', '755'))}-{chance.choice('2345678')}{digits(chance, 7)}"
            value = chance.choice((mobile, mobile, f"+86{mobile}", fixed))
            return chance.choice(("请拨打{}联系我。", "电话：{}", "（{}）", "手机{}，谢谢")).format(value), value
        case Kind.ID_NUMBER:
            value = identity_card(chance)
            return chance.choice(("身份证号{}。", "证件：{}，", "本人（{}）反映")).format(value), value
        case Kind.BANK_CARD:
            value = luhn(f"62{digits(chance, chance.choice((13, 16)))}")
            return chance.choice(("工资卡{}被冻结。", "账号：{}", "转到 {} 即可")).format(value), value
        case Kind.PLATE:
            value = plate(chance)
            return chance.choice(("{}长期占道。", "车牌号为{}的货车", "一辆白色轿车（{}）")).format(value), value
        case Kind.EMAIL:
            value = (
                f"{chance.choice('abcxyz')}{digits(chance, 3)}.mail@{chance.choice(('example.com', 'mail.example.cn'))}"
            )
            return chance.choice(("回复到{}", "邮箱：{}。")).format(value), value
        case Kind.ADDRESS:
            before, value = door(chance)
            return chance.choice(("{}{}漏水严重。", "住{}{}，楼上噪音大。", "地址是{}{}")).format(before, value), value
        case _:
            value = chance.choice(SURNAMES) + chance.choice(GIVEN)
            told = ("我叫{}，", "联系人：{}，", "投诉人{}反映", "本人{}，", "联系人{}13900000000", "我妻子{}的医保")
            return chance.choice(told[:3] + told[4:]).format(value), value


@pytest.mark.parametrize("kind", LEAST)
def test_of_made_up_values_enough_is_found(kind: Kind) -> None:
    chance = Random(f"recall {kind}")
    drawn = [sentence(chance, kind) for _ in range(ROUNDS)]
    missed = [text for text, value in drawn if value in redact(text).text]
    found = 1 - len(missed) / ROUNDS
    print(f"{kind.zh}: {found:.1%} of {ROUNDS}", file=sys.stderr)
    assert found >= LEAST[kind], missed[:10]


def test_a_name_given_with_the_petition_goes_however_it_is_written() -> None:
    chance = Random("names")
    for _ in range(ROUNDS):
        name = chance.choice(SURNAMES) + chance.choice(GIVEN)
        spelled = chance.choice((name, " ".join(name), "·".join(name), name[1:], f"{name}同志", f"（{name}）"))
        clean = redact(f"经核实，{spelled}所述属实。", Known(names=(name,))).text
        assert name[1:] not in re.sub(r"[\s·]", "", clean), spelled


PLAIN = {
    "mobile": re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    "identity card": re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d{4}[\dXx](?!\d)"),
    "mail": re.compile(r"[A-Za-z0-9._]{2,}@[A-Za-z0-9-]+\.(?:com|cn|net)"),
    "landline": re.compile(r"(?<!\d)0[1-9]\d{1,2}[-－][2-9]\d{6,7}(?!\d)"),
    "room": re.compile(r"\d{1,2}(?:栋|幢|号楼)\d{1,2}单元\d{3,4}"),
}  # fmt: skip
"""What a reader would point at without knowing the detectors."""


def real_texts() -> Iterator[str]:
    for name, columns in REAL.items():
        with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield from filter(None, (row[column] for column in columns))


@pytest.mark.skipif(not DATA.exists(), reason="the folder of real petitions is not there")
def test_in_real_texts_nothing_stays_that_a_plain_pattern_sees() -> None:
    seen, left = Counter[str](), Counter[str]()
    for text in real_texts():
        there = {sort: pattern.findall(text) for sort, pattern in PLAIN.items()}
        if not any(there.values()):
            continue
        clean = redact(text).text
        for sort, values in there.items():
            seen[sort] += len(values)
            left[sort] += sum(value in clean for value in values)
    print({sort: f"{count - left[sort]} of {count}" for sort, count in seen.items()}, file=sys.stderr)
    assert seen.total() > 100
    assert not +left
