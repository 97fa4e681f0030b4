"""The shown form of one personal value: telephone, identity number, address. Pure text in, masked text out.

Forms after the practice of published replies: `138****1234`, `35*************123`, an address down to its street.
"""

from __future__ import annotations

import re
import unicodedata

HIDDEN = "***"
"""What stands where nothing of a value may be shown."""

GAP = r"[\s\-‐-―−_.．·・•\u00ad\u200b-\u200f\u2060\ufeff]"
"""What people put between the characters of a number or a name without changing it: one such character."""

_GAPS = re.compile(GAP)
NUMERALS = "零〇○一壹幺二贰两三叁四肆五伍六陆七柒八捌九玖"
_NUMERALS = str.maketrans(NUMERALS, "00011122233445566778899")


class _Plain(dict[int, str]):
    """A table for `str.translate` that works a character out when it is first met; there are not many."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKC", character).upper()
        return self.setdefault(code, plain if len(plain) == 1 else character)


_PLAIN = _Plain()
_WIDE = tuple((sign, unicodedata.normalize("NFKC", sign)) for sign in "，：！？；（）")


def narrowed(text: str) -> str:
    """The text with the wide signs plain that Chinese texts are full of: the same after NFKC, which is slow on them."""
    for wide, plain in _WIDE:
        text = text.replace(wide, plain)
    return text


def fold(text: str) -> str:
    """Bring full-width and other variant characters to the plain one, letters to upper case; the length stays."""
    if text.isascii():
        return text.upper()
    plain = narrowed(text)
    if unicodedata.is_normalized("NFKC", plain):
        capital = plain.upper()
        if len(capital) == len(text):
            return capital
    return text.translate(_PLAIN)


def digits_for_numerals(text: str) -> str:
    """Write Chinese numerals (also 幺 and the banker's) as digits; the length stays."""
    return text.translate(_NUMERALS)


def compact(text: str) -> str:
    """The folded text without gaps."""
    return without_gaps(fold(text))


def without_gaps(folded: str) -> str:
    """A folded text without what people put between characters."""
    return _GAPS.sub("", folded)


_NO_DIGITS = re.compile(r"\D+")


def only_digits(text: str) -> str:
    """The digits of a text."""
    return _NO_DIGITS.sub("", text)


_NEXT = rf"(?:{GAP}{{0,2}}\d)"
_COUNTRY = rf"\(?(?:\+|00)?86\)?{GAP}{{0,2}}"
MOBILE = re.compile(rf"(?<!\d)(?:{_COUNTRY})?1{GAP}{{0,2}}[3-9]{_NEXT}{{9}}(?!\d)")
LANDLINE = re.compile(
    rf"(?<!\d)(?:{_COUNTRY}\(?(?P<abroad>10|2\d|[3-9]\d\d)\)?|(?:{_COUNTRY})?\(?(?P<area>0(?:10|2\d|[3-9]\d\d))\)?)"
    rf"{GAP}{{0,2}}(?P<local>[2-9]{_NEXT}{{6,7}})(?:(?:{GAP}|转|EXT){{1,3}}\d{{1,5}})?(?!\d)"
)
"""A fixed line with its area code, written with or without brackets, gaps and an extension."""


def mask_phone(phone: str) -> str:
    """Mask a telephone number: `138****1234`, `0592-2****78`; several in one field are joined by 、.

    Anything that is no Chinese number keeps its first and last digit at most.
    """
    plain = digits_for_numerals(fold(phone))
    found = sorted((match.start(), match) for match in (*MOBILE.finditer(plain), *LANDLINE.finditer(plain)))
    if found:
        return "、".join(_mask_number(match) for _, match in found)
    digits = only_digits(plain)
    if len(digits) in {7, 8}:
        return _mask_local(digits)
    return f"{digits[0]}****{digits[-1]}" if len(digits) >= 7 else "****"


def _mask_number(match: re.Match[str]) -> str:
    """Mask one number that one of the two patterns found."""
    if match.re is LANDLINE:
        local = only_digits(match["local"])
        return f"{match['area'] or '0' + match['abroad']}-{_mask_local(local)}"
    digits = only_digits(match[0])[-11:]
    return f"{digits[:3]}****{digits[-4:]}"


def _mask_local(digits: str) -> str:
    """Mask the seven or eight digits of a fixed line without its area code."""
    return f"{digits[0]}****{digits[5:]}"


def mask_id_number(number: str) -> str:
    """Mask an identity card number to its first two and last three characters: `35*************123`.

    A passport or another document keeps its first and last two characters, a value under eight characters none.
    """
    plain = re.sub(r"[^0-9A-Z]", "", digits_for_numerals(fold(number)))
    if re.fullmatch(r"\d{15}|\d{17}[\dX]", plain):
        return plain[:2] + "*" * (len(plain) - 5) + plain[-3:]
    if len(plain) >= 8:
        return plain[0] + "*" * (len(plain) - 3) + plain[-2:]
    return HIDDEN


_STREET = re.compile(r"(?:省|自治区|(?<![小园社片])区|市|县|旗|镇|乡|街道|社区|(?<!新)村|大道|路|街|巷|胡同|国道|省道)")
_DOOR = re.compile(
    r"(?:\d+(?!\d)|[零〇一二两三四五六七八九十百]+(?=[号栋幢座弄组队楼层户门室期]|单元)|[A-Z甲乙丙丁](?=[座栋幢区])|#)"
    r"(?!-?\s*(?:路|街|巷|道|大道|马路|胡同|环|区|村|社区|国道|省道))"
)


def street_part(address: str) -> str:
    """The part of an address that may be shown: down to the street or road (or village), before any house number."""
    folded = fold(address)
    door = _DOOR.search(folded)
    levels = list(_STREET.finditer(folded, 0, door.start() if door else len(folded)))
    return address[: levels[-1].end()].strip() if levels else ""


def mask_address(address: str) -> str:
    """Mask an address: what stands below the street becomes `***`; an address that ends at its street stays."""
    kept = street_part(address)
    return kept if kept == address.strip() else kept + HIDDEN
