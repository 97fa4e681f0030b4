"""Redaction: masks, detectors, known values, and what must hold for every text. All persons are invented."""

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.redaction import Known, mask_address, mask_id_number, mask_name, mask_phone, redact, scan
from domain.vocabulary import RedactionKind as Kind

ADDRESS = "闽海省江岸市湖滨区解放路88号阳光花园3栋2单元502室"
KNOWN = Known(
    names=("王小明", "欧阳文忠", "Maria Weber", "买买江·吐地"),
    phones=("13812341234", "0592-2345678"),
    id_numbers=("350203199003071234", "E12345678"),
    addresses=(ADDRESS,),
)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812341234", "138****1234"),
        ("+86 138-1234-1234", "138****1234"),
        ("008613812341234", "138****1234"),
        ("１３８ １２３４ １２３４", "138****1234"),
        ("138.1234.1234", "138****1234"),
        ("一三八一二三四一二三四", "138****1234"),
        ("幺三八幺二三四幺二三四", "138****1234"),
        ("0592-2345678", "0592-2****78"),
        ("(010) 6234 5678", "010-6****678"),
        ("+86 10 62345678", "010-6****678"),
        ("0592-2345678转801", "0592-2****78"),
        ("62345678", "6****678"),
        ("13812341234/13987654321", "138****1234、139****4321"),
        ("+44 20 7946 0958", "4****8"),
        ("12345", "****"),
        ("没有", "****"),
        ("", "****"),
    ],
)
def test_mask_phone(phone, masked):
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("350203199003071123", "35*************123"),
        ("35020319900307112x", "35*************12X"),
        ("350203 19900307 1123", "35*************123"),
        ("３５０２０３１９９００３０７１１２３", "35*************123"),
        ("350203900307123", "35**********123"),
        ("E12345678", "E******78"),
        ("1234567", "***"),
        ("", "***"),
    ],
)
def test_mask_id_number(number, masked):
    assert mask_id_number(number) == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张某"),
        ("张小三", "张某某"),
        ("张 三", "张某"),
        ("欧阳修远", "欧阳某某"),
        ("欧阳修", "欧阳某"),
        ("欧阳", "欧某"),
        ("张王小三", "张某某"),
        ("李女士", "李某女士"),
        ("李小明女士", "李某某女士"),
        ("诸葛小亮先生", "诸葛某某先生"),
        ("张", "张某"),
        ("张某某", "张某某"),
        ("张**", "张某某"),
        ("张三（代）", "张某"),
        ("买买江·吐地", "买某某"),
        ("Maria Weber", "M***"),
        ("UU008363", "U***"),
        ("7", "***"),
        ("", "***"),
    ],
)
def test_mask_name(name, masked):
    assert mask_name(name) == masked
    assert mask_name(masked) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        (ADDRESS, "闽海省江岸市湖滨区解放路***"),
        ("湖滨街道幸福社区八一路12号", "湖滨街道幸福社区八一路***"),
        ("纬2路15号院", "纬2路***"),
        ("石井村三组12号", "石井村***"),
        ("江岸市湖滨区阳光小区3-2-502", "江岸市湖滨区***"),
        ("幸福新村五号楼", "***"),
        ("阳光花园", "***"),
        ("解放路阳光花园", "解放路***"),
        ("解放路", "解放路"),
        ("Room 5, 12 Hill Road", "***"),
        ("解放路８８号", "解放路***"),
        ("", ""),
    ],
)
def test_mask_address(address, masked):
    assert mask_address(address) == masked


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("电话13812341234。", "电话138****1234。"),
        ("电话１３８－１２３４－１２３４。", "电话138****1234。"),
        ("1 3 8 1 2 3 4 1 2 3 4", "138****1234"),
        ("138\u200b1234\u200b1234", "138****1234"),
        ("打一三八一二三四一二三四", "打138****1234"),
        ("13912345678、13987654321", "139****5678、139****4321"),
        ("座机0592-6543210转12，或62345678", "座机0592-6****10，或6****678"),
        ("电话：234 5678", "电话：2****78"),
        ("身份证35020319900307112X,", "身份证35*************12X,"),
        ("350203-19900307-1129", "35*************129"),
        ("旧证350203900307123", "旧证35**********123"),
        ("错一位350203199003071124", "错一位35*************124"),
        ("护照E87654321", "护照E******21"),
        ("卡6222021234567894", "卡[银行卡号]"),
        ("卡 6222 0212 3456 7890 123", "卡 [银行卡号]"),
        ("车牌闽D12345和闽D·F12345", "车牌[车牌号]和[车牌号]"),
        ("写信到zhang.san@example.com", "写信到[电子邮箱]"),
        ("微信号：zs_2026", "微信号：[号码]"),
        ("单号138123412341381234", "单号13*************234"),
        ("编号13812341234138123412341", "编号[号码]"),
        ("住解放路88号3栋2单元502室", "住解放路***"),
        ("住解放路八十八号", "住解放路***"),
        ("解放路88-502，", "解放路***，"),
        ("阳光花园5-302有人", "阳光花园***有人"),
        ("五号楼三单元五零二室漏水", "***漏水"),
        ("B座1203室", "***"),
        ("他家3-2-502", "他家***"),
        ("住址：后山老屋，路不通", "住址：***，路不通"),
        ("我家住在阳光花园，楼下吵", "我家住在***，楼下吵"),
        ("我叫李铁山，李铁山是我", "我叫李某某，李某某是我"),
        ("联系人：李 铁 山", "联系人：李某某"),
        ("联系人：阿依古丽，", "联系人：阿某某，"),
        ("举报人王芳反映", "举报人王某反映"),
        ("本人姓名诸葛小亮，", "本人姓名诸葛某某，"),
        ("我妻子刘桂花的医保", "我妻子刘某某的医保"),
        ("请找赵铁柱 13912345678", "请找赵某某 139****5678"),
        ("郑多多女士说", "郑某某女士说"),
        ("my name: 我叫Tom Miller。", "my name: 我叫T***。"),
    ],
)
def test_what_a_text_alone_gives_away(text, clean):
    redacted = redact(text)
    assert redacted.text == clean
    assert redact(clean).text == clean


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3月18号5号线停运，502路公交改道",
        "2026-09-18 10:30 中山路2026年改造，投资2500000余元",
        "见HY-2026-000123，请拨12345或110",
        "20260918起每平方米3500元，共6000户居民",
        "夜里18号机组响，有一栋楼没电",
        "业主大会，业主权益，负责人不在",
        "联系人：李女士，电话不详",
        "姓名张某某，138****1234，35*************123",
        "⟦p1.name⟧住⟦p1.address:3:14⟧，电话⟦p1.phone⟧",
        "路灯不亮，第三会议室开会，全楼6层",
    ],
)
def test_what_is_nobodys_stays(text):
    assert redact(text).text == text
    assert redact(text).found == ()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("王小明和小明", "王某某和王某某"),
        ("王 小 明、王·小·明", "王某某、王某某"),
        ("欧阳文忠，文忠", "欧阳某某，欧阳某某"),
        ("maria weber, MARIA", "M***, M***"),
        ("吐地说买买江·吐地", "买某某说买某某"),
        ("我有 0592 2345678", "我有 0592-2****78"),
        ("证e12345678号", "证E******78号"),
        ("在" + ADDRESS + "门口", "在闽海省江岸市湖滨区解放路***门口"),
        ("阳光花园3栋2单元502室", "***"),
        ("阳光花园门口", "阳光花园门口"),
    ],
)
def test_what_was_given_with_the_petition_goes(text, clean):
    assert redact(text, KNOWN).text == clean


def test_a_find_says_where_and_what_and_not_the_value():
    text = "我叫王小明，电话13812341234"
    found = scan(text, KNOWN)
    assert [(one.kind, text[one.start : one.end]) for one in found] == [
        (Kind.NAME, "王小明"),
        (Kind.PHONE, "13812341234"),
    ]
    assert redact(text, KNOWN).found == found


def test_places_are_those_of_the_text_that_was_given_also_after_several_passes():
    text = "13812341234室，王小明，解放路88号"
    found = redact(text, KNOWN).found
    assert [text[one.start : one.end] for one in found] == ["13812341234", "王小明", "88号"]


def test_overlapping_finds_become_one():
    text = "王小明13812341234与解放路88号3栋2单元502室"
    found = scan(text, Known(names=("小明1381",), phones=("13812341234",), addresses=("解放路88号3栋",)))
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert not re.search(r"1234|88|502", redact(text, Known(names=("小明1381",))).text.replace("****1234", ""))


def test_known_values_do_not_show_in_a_repr():
    assert "王小明" not in repr(KNOWN)


HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
IDS = st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}[0-9X]", fullmatch=True)
NAMES = st.text(HAN, min_size=2, max_size=4)
STREETS = st.sampled_from(["解放路", "湖滨区人民街", "八一大道"])
HOMES = st.builds("{}{}号{}栋{}室".format, STREETS, st.integers(1, 999), st.integers(1, 40), st.integers(101, 3099))
SCRAPS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "我叫",
            "电话",
            "联系人：",
            "住解放路",
            "88号",
            "室",
            "*",
            "****",
            "138****1234",
            "某",
            "3-2-",
            " ",
            "-",
            "1",
            "138",
            "。",
        ]
    ),
    MOBILES,
    IDS,
    NAMES,
    HOMES,
)
TEXTS = st.lists(SCRAPS, max_size=8).map("".join)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.tuples(NAMES, MOBILES, IDS, HOMES))
def test_no_known_value_survives(before, after, person):
    name, phone, number, home = person
    known = Known((name,), (phone,), (number,), (home,))
    text = f"{before}{name}{after}{phone}{before}{number}{home}{after}{name}"
    clean = redact(text, known).text
    assert all(value not in clean for value in (name, phone, number, home))


@settings(deadline=None)
@given(TEXTS, st.lists(st.text(min_size=2, max_size=8), min_size=1, max_size=3))
def test_whatever_was_given_as_a_name_or_a_number_does_not_survive(text, values):
    for known in (Known(names=tuple(values)), Known(phones=tuple(values)), Known(id_numbers=tuple(values))):
        clean = redact(text + "".join(values) + text, known).text
        assert not [value for value in values if value in clean]


@settings(deadline=None)
@given(TEXTS, NAMES, MOBILES, HOMES)
def test_redacting_twice_changes_nothing_more(text, name, phone, home):
    known = Known((name,), (phone,), (), (home,))
    once = redact(text + phone + name + home, known)
    twice = redact(once.text, known)
    assert twice.text == once.text
    assert twice.found == ()


@settings(deadline=None)
@given(TEXTS, NAMES)
def test_finds_are_in_order_inside_the_text_and_apart(text, name):
    for found in (scan(text, Known((name,))), redact(text, Known((name,))).found):
        edges = [edge for one in found for edge in (one.start, one.end)]
        assert edges == sorted(edges)
        assert all(0 <= one.start < one.end <= len(text) for one in found)


@given(st.from_regex(r"1[3-9][0-9]([1-9])[0-9]{3}0000", fullmatch=True), st.sampled_from(["", " ", "-", "."]))
def test_a_masked_phone_holds_none_of_its_middle(phone, gap):
    written = gap.join((phone[:3], phone[3:7], phone[7:]))
    assume(phone[3:7] not in phone[:3] + phone[7:])
    assert phone[3:7] not in mask_phone(written)
    assert phone[3:7] not in redact(f"电话{written}，谢谢").text
