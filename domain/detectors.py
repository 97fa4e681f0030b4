"""Finding what identifies a person by its form alone: numbers, plates, e-mail, doors and home addresses.

Every detector reads a folded text (see `masking.fold`) and yields (kind, start, end). When in doubt it finds.

Most texts hold little of all this, and a pattern that finds nothing costs as much as one that does. So a quick look for
what each match must hold (seven digits in a row, a certain character) goes before the patterns; it decides no find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.masking import GAP, LANDLINE, MOBILE, NUMERALS, digits_for_numerals, only_digits
from domain.vocabulary import RedactionKind

Span = tuple[RedactionKind, int, int]

_N = rf"(?:{GAP}{{0,2}}\d)"
_SEVEN_DIGITS = re.compile(rf"[\d{NUMERALS}](?:{GAP}{{0,2}}[\d{NUMERALS}]){{6}}")
"""What every number of a telephone, a document or a card holds, once its numerals are read as digits."""
_ID_18 = re.compile(rf"(?<!\d)[1-9]{_N}{{16}}{GAP}{{0,2}}[\dX×](?!\d)")
_ID_15 = re.compile(rf"(?<!\d)[1-9]{_N}{{7}}{GAP}{{0,2}}[01]{_N}{{6}}(?!\d)")
_PASSPORT = re.compile(r"(?<![A-Z\d])[A-Z]{1,2}\d{7,8}(?:\(\d\))?(?![A-Z\d])")
_CARD = re.compile(r"(?<!\d)[1-9](?:[\s\-.]?\d){14,18}(?!\d)")
_ISSUED = re.compile(r"(?:62|4|5[1-5]|3[57])\d{14,17}")
_LONG = re.compile(r"\d{11,}")
_AMOUNT = r"(?!\s*[余多]?(?:元|块|万|亿|平|㎡|米|千|吨|户|人|名|株|个|家|次|%|年|股|斤|KG))"
_LOCAL = re.compile(rf"(?<![\d.\-A-Z])(?!(?:19|20)\d\d[01]\d[0-3]\d(?!\d))[2-8]\d{{6,7}}(?![\d.%]){_AMOUNT}")
_LOCAL_CUED = re.compile(
    rf"(?:电话|座机|手机|固话|号码|致电|拨打|联系方式|传真|TEL|PHONE)[^\d\n]{{0,6}}(?P<number>\d{_N}{{6,11}})(?!\d)"
)
_SERVICE_LINE = re.compile(rf"(?<!\d)[48]00{GAP}?\d{{3,4}}{GAP}?\d{{3,4}}(?!\d){_AMOUNT}")
_EMAIL = re.compile(r"(?<![A-Z0-9._%+\-])[A-Z0-9._%+\-]{1,64}\s?@\s?[A-Z0-9\-]{1,63}(?:\.[A-Z0-9\-]{1,63}){1,4}")
_ACCOUNT = re.compile(
    r"(?:微信|QQ|WX|VX|WECHAT|支付宝)(?:号码?|账号)?\s{0,2}[:：是为]?\s{0,2}(?P<account>[A-Z0-9][A-Z0-9_\-]{4,20})"
)
_PLATE = re.compile(
    rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使]{GAP}?[A-HJ-NP-Z]{GAP}{{0,2}}"
    rf"(?=(?:{GAP}?[A-Z]){{0,4}}{GAP}?\d)(?:{GAP}?[A-HJ-NP-Z0-9]){{4,6}}[挂学警港澳]?"
)

_NUM = r"(?:\d{1,5}|[A-Z]\d{0,3}|[零〇一二两三四五六七八九十百]{1,5}|[甲乙丙丁])"
_PART = (
    rf"(?:{GAP}{{0,2}}{_NUM}{GAP}?"
    rf"(?:号楼|号院|号门|号房|单元|楼门|栋|幢|座|室|房|层|楼|户|号|门|弄|梯|期|组)(?:之{_NUM})?)"
)
_ROOM = rf"(?:{GAP}{{0,2}}(?:\d{{3,4}}|[零〇一二三四五六七八九]{{3,4}})(?![\d年月元万个人户]))"
_TAIL = rf"{_PART}{{0,6}}{_ROOM}?(?:室|房|号)?"
# Road and estate begin with a plain character in each alternative: `re` then skips to one instead of trying everywhere.
_ROAD = r"(?:路|街|巷|大道|胡同|弄|里(?<![夜家那这哪]里)|村|组|队|屯|庄|寨|坊|社区|段|街道)"
_NO_NUMBER_BEFORE = r"(?<!\d[路街巷弄里村组队屯庄寨坊段])(?<!\d(?:大道|胡同|社区|街道))"
_ESTATE = (
    r"(?:小区|花园|家园|公寓|苑|新村|大厦|广场|山庄|宿舍|家属院|大院|"
    r"城|府|庭|园|里(?<![夜家那这哪]里)|居|湾|郡|墅|中心|院|期|东区|西区|南区|北区)"
)
_SIGNS = "号弄巷栋幢区单楼座室房\\-—"
_COUNTED = r"[\dA-Z零〇一二两三四五六七八九十百甲乙丙丁]"
_BEGINS = re.compile(_COUNTED)
"""What a number of a door begins with."""
_NUMBERED = re.compile(rf"{_COUNTED}(?=({GAP}?[{_SIGNS}]))")
"""What every door holds, but for two below: the end of a number and after it, one gap between at most, a sign."""
_BARE, _PLATED = "0", "牌"
"""Stand among the signs for a number that ends a clause, and for the words before the number of a door plate."""
_ENDS_CLAUSE = re.compile(r"\d(?=[，。,;；)）、]|$)")
Sought = tuple[tuple[frozenset[str], re.Pattern[str]], ...]


def _sought(*patterns: tuple[str, str]) -> Sought:
    """Patterns of doors, each with the signs of which a text must have one."""
    return tuple((frozenset(needed), re.compile(pattern)) for needed, pattern in patterns)


_AFTER_WORDS = _sought(
    (
        "号弄巷栋幢",
        rf"{_ROAD}(?P<door>{GAP}{{0,2}}\d{{1,5}}"
        rf"(?:[\-—之]\d{{1,4}})*{GAP}?(?:号|弄|巷|栋|幢)(?!线)(?:之{_NUM})?{_TAIL})",
    ),
    (
        "号弄栋幢",
        rf"{_ROAD}(?P<door>{GAP}{{0,2}}[零〇一二两三四五六七八九十百]{{1,5}}(?:号|弄|栋|幢)(?!线){_TAIL})",
    ),
    (
        "-",
        rf"{_ROAD}(?P<door>{GAP}{{0,2}}\d{{1,4}}(?:-\d{{1,4}}){{1,4}}(?:号|室)?)",
    ),
    (
        _BARE,
        rf"{_ROAD}{_NO_NUMBER_BEFORE}(?P<door>\d{{1,4}})(?=[，。,;；)）、]|$)",
    ),
    (
        "-—",
        rf"{_ESTATE}(?P<door>{GAP}{{0,2}}[A-Z]?\d{{1,3}}(?:[\-—]\d{{1,4}}){{1,4}}(?:号|室)?(?![\d年月]))",
    ),
    (
        "号区",
        rf"{_ESTATE}(?P<door>{GAP}{{0,2}}{_NUM}(?:号|区)(?!线){_TAIL})",
    ),
    (
        _PLATED,
        rf"门牌(?:号码?)?{GAP}?[:：是为]?{GAP}?(?P<door>{_NUM}(?:-\d{{1,4}})*号?)",
    ),
)
_BY_THEMSELVES = _sought(
    (
        "号单",
        rf"(?P<door>(?<![\d.A-Z]){_NUM}{GAP}?(?:号楼|号院|单元){_TAIL})",
    ),
    (
        "栋幢",
        rf"(?P<door>(?<![\d.])(?![一两]{GAP}?[栋幢](?:楼|房|大|商|烂|老|危|旧|新|[一二三四五六七八九十\\d]))"
        rf"(?!.{{1,4}}[栋幢](?:住宅|居民|别墅|楼房|高层|建筑))"
        rf"(?:\d{{1,4}}|[A-Z]\d{{0,3}}|[零〇一二两三四五六七八九十百]{{1,5}}|[甲乙丙丁]){GAP}?[栋幢]{_TAIL})",
    ),
    (
        "座",
        rf"(?P<door>(?<![A-Z])(?:[A-Z]座|\d{{1,3}}{GAP}?座(?={GAP}?\d)){_TAIL})",
    ),
    (
        "号楼",
        rf"(?P<door>(?<![\d.])\d{{1,4}}{GAP}?(?:号|楼){GAP}?\d{{3,4}}(?![\d年月元万个人户])(?:室|房)?)",
    ),
    (
        "号室房",
        rf"(?P<door>(?<![\d.])(?:\d{{3,4}}|[零〇一二三四五六七八九]{{3,4}}){GAP}?(?:号房|室|房(?![屋子价产地租间客])))",
    ),
    (
        "-",
        r"(?P<door>(?<![\d\-.])\d{1,3}-\d{1,2}-\d{3,4}(?![\d\-])(?:室|号)?)",
    ),
)
"""Doors that begin with their number, wherever that stands."""
_HOME = re.compile(
    r"(?:家庭住址|家庭地址|住址|住所|户籍地址?|户籍所在地|现住址|居住地址?|联系地址|通讯地址|收货地址|地址)\s{0,2}[:：]\s{0,2}(?P<home>[^，。,;；！？!?\n]{2,60})"
)
_LIVES = re.compile(
    rf"(?:家住在?|住在|住于|现住|居住在|居住于|租住在?|家在|我住)(?P<home>(?!该|隔壁|本|这|那|同|我|你|他|一个)"
    rf"[^，。,;；！？!?\s的]{{1,30}}?(?:小区|花园|家园|公寓|苑|新村|大厦|山庄|宿舍|家属院|大院)(?:{_TAIL}))"
)


def numbers(text: str) -> Iterator[Span]:
    """Telephones, identity documents, bank cards, plates, e-mail and accounts."""
    long = _SEVEN_DIGITS.search(text) is not None
    as_digits = digits_for_numerals(text) if long else text
    if long:
        yield from _telephones_and_cards(text, as_digits)
    for match in _ACCOUNT.finditer(text):
        yield (RedactionKind.OTHER, *match.span("account"))
    if long:
        yield from _all(RedactionKind.ID_NUMBER, _PASSPORT, text)
    if "@" in text:
        yield from _all(RedactionKind.EMAIL, _EMAIL, text)
    yield from _all(RedactionKind.PLATE, _PLATE, text)
    if long:
        yield from _all(RedactionKind.OTHER, _LONG, as_digits)


def _telephones_and_cards(text: str, as_digits: str) -> Iterator[Span]:
    """Telephones, identity cards and bank cards."""
    for plain in {text, as_digits}:
        for pattern in (MOBILE, LANDLINE, _SERVICE_LINE):
            yield from _all(RedactionKind.PHONE, pattern, plain)
        for pattern in (_ID_18, _ID_15):
            for match in pattern.finditer(plain):
                yield (_card_or_id(match[0]), *match.span())
    for match in _CARD.finditer(text):
        digits = only_digits(match[0])
        if _luhn(digits) or _ISSUED.fullmatch(digits):
            yield (RedactionKind.BANK_CARD, *match.span())
    yield from _all(RedactionKind.PHONE, _LOCAL, text)
    for match in _LOCAL_CUED.finditer(as_digits):
        yield (RedactionKind.PHONE, *match.span("number"))


def _all(kind: RedactionKind, pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Every match of a pattern, as one kind."""
    for match in pattern.finditer(text):
        yield (kind, *match.span())


def _card_or_id(run: str) -> RedactionKind:
    """Tell an identity card from a bank card: by birthday or check character, so that one wrong digit still counts."""
    digits = re.sub(r"[^0-9X×]", "", run).replace("×", "X")
    birthday = digits[6:14] if len(digits) == 18 else "19" + digits[6:12]
    dated = re.fullmatch(r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", birthday)
    if dated or _checks(digits) or not _luhn(digits):
        return RedactionKind.ID_NUMBER
    return RedactionKind.BANK_CARD


def _checks(digits: str) -> bool:
    """Whether an 18-character identity number carries its right check character (GB 11643)."""
    if len(digits) != 18:
        return False
    total = sum(int(digit) * (1 << (17 - place)) for place, digit in enumerate(digits[:17]))
    return "10X98765432"[total % 11] == digits[17]


def _luhn(digits: str) -> bool:
    """Whether a bank card number carries its right check digit (ISO/IEC 7812)."""
    if not digits.isdecimal():
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def doors(text: str) -> Iterator[Span]:
    """House numbers, buildings, units and rooms; the road or estate before them is not part of what is found."""
    signs = set("".join(_NUMBERED.findall(text)))
    if _ENDS_CLAUSE.search(text):
        signs.add(_BARE)
    if "门牌" in text:
        signs.add(_PLATED)
    if not signs:
        return
    for needed, pattern in _AFTER_WORDS:
        if not signs.isdisjoint(needed):
            yield from map(_door, pattern.finditer(text))
    begins = [match.start() for match in _BEGINS.finditer(text)]
    for needed, pattern in _BY_THEMSELVES:
        if not signs.isdisjoint(needed):
            yield from map(_door, _matches(pattern, text, begins))


def _matches(pattern: re.Pattern[str], text: str, begins: list[int]) -> Iterator[re.Match[str]]:
    """What `finditer` gives, where only these places are worth a try."""
    end = 0
    for place in begins:
        if place >= end and (match := pattern.match(text, place)):
            yield match
            end = match.end()


def _door(match: re.Match[str]) -> Span:
    start, end = match.span("door")
    return RedactionKind.ADDRESS, start + len(match["door"]) - len(match["door"].lstrip()), end


def homes(text: str) -> Iterator[tuple[int, int]]:
    """Where a text announces a home ("住址：…", "家住…小区"): start and end of the whole address."""
    for pattern in (_HOME, _LIVES):
        for match in pattern.finditer(text):
            yield match.span("home")
