"""The templates that the office starts with, as Word files with the placeholders of docxtpl in them.

An office can edit each as it likes (ops/letters.md); `service/letters.py` fills them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from domain.vocabulary import LetterKind
from service.letter_paper import HEI, LINE, SONG, Rows, blank, body, form, grid, letterhead, signature, text

DOSSIER = "卷宗"
OBJECTING = "不属本单位职责的，请自收到之日起5个工作日内说明理由提出异议。"
"""L1 23."""


def _letter(*paragraphs: str) -> Docx:
    """A letter: head, whom it is for, running text, signature."""
    document = blank()
    letterhead(document)
    text(document, paragraphs[0])
    body(document, *paragraphs[1:])
    signature(document)
    return document


def _sheet(rows: Rows) -> Docx:
    """A sheet: head, a form, signature."""
    document = blank()
    letterhead(document)
    form(document, rows)
    signature(document)
    return document


def _each(name: str) -> tuple[str, str, str]:
    """The paragraphs of a text, one after another."""
    return "{%p for line in " + name + " %}", "{{ line }}", "{%p endfor %}"


def _acceptance() -> Docx:
    return _letter(
        "{{ to }}：",
        "您于{{ received }}通过{{ channel }}提出的“{{ subject }}”（编号{{ file }}）收悉。经审核，"
        "{% if petition_law %}根据《信访工作条例》第二十三条的规定，{% endif %}我单位决定予以受理，"
        "受理日期为{{ accepted }}。",
        "{%p if due %}",
        "该事项属于{{ kind }}，我单位将在{{ due }}前办结并书面答复您。情况复杂确需延长办理期限的，将告知您延期理由。",
        "{%p else %}",
        "该事项属于{{ kind }}，我单位将认真研究办理，并将办理情况答复您。",
        "{%p endif %}",
        "您可凭编号和登记时取得的查询码查询办理情况。",
        "特此告知。",
    )


def _decline() -> Docx:
    return _letter(
        "{{ to }}：",
        "您于{{ received }}通过{{ channel }}提出的“{{ subject }}”（编号{{ file }}）收悉。经审核，"
        "该事项{{ ground }}，依据{{ article }}，我单位决定不予受理。理由如下：",
        *_each("reason"),
        "{%p if advice %}",
        "{{ advice }}",
        "{%p endif %}",
        "特此告知。",
    )


def _referral() -> Docx:
    return _letter(
        "{{ body }}：",
        "我单位于{{ received }}通过{{ channel }}收到群众反映的“{{ subject }}”（编号{{ file }}）。经审核，"
        "该事项属于你单位职责范围，现予转送。理由如下：",
        *_each("reason"),
        "反映内容：",
        *_each("text"),
        "{%p for one in people %}",
        "{{ one.kind }}：{{ one.name }}{% if one.phone %}，联系电话{{ one.phone }}{% endif %}"
        "{% if one.address %}，住址{{ one.address }}{% endif %}。",
        "{%p endfor %}",
        "请依法办理，自收到之日起15日内决定是否受理并书面告知信访人，办理结果请函告我单位。"
        "信访人信息仅限办理使用，请注意保密。",
    )


def _assignment() -> Docx:
    document = blank()
    letterhead(document)
    people = (
        "{%p for one in people %}\n{{ one.kind }}：{{ one.name }}{% if one.phone %}　{{ one.phone }}{% endif %}"
        "{% if one.address %}　{{ one.address }}{% endif %}\n{%p endfor %}\n{%p if not people %}\n匿名\n{%p endif %}"
    )
    form(
        document,
        [
            ("承办单位", "{{ unit }}（{{ part }}）"),
            ("主办协办", "主办：{{ lead }}{% if co_units %}；协办：{{ co_units }}{% endif %}"),
            ("编号", "{{ file }}"),
            ("来源", "{{ channel }}，{{ received }}"),
            ("事项", "{{ subject }}"),
            ("性质类别", "{{ nature }}{% if category %}　{{ category }}{% endif %}　{{ urgency }}　{{ secrecy }}"),
            ("信访人", people),
            ("反映内容", "\n".join(_each("text"))),
            ("诉求", "\n".join(_each("demands"))),
            (
                "办理时限",
                "{% if sign_by %}{{ sign_by }}前签收；{% endif %}{% if contact_by %}{{ contact_by }}前联系当事人；"
                "{% endif %}{% if handle_by %}{{ handle_by }}前办结{% else %}按规定时限办结{% endif %}",
            ),
            (
                "交办意见",
                "\n".join((*_each("reason"), OBJECTING)),
            ),
        ],
    )
    signature(document)
    return document


def _extension() -> Docx:
    return _letter(
        "{{ to }}：",
        "您提出的“{{ subject }}”（编号{{ file }}），我单位已于{{ accepted }}受理。因下列原因，不能在规定期限内办结：",
        *_each("reason"),
        "{% if petition_law %}根据《信访工作条例》第三十四条的规定，{% endif %}经批准，办理期限延长{{ days }}，"
        "至{{ due }}。",
        "特此告知。",
    )


def _reply() -> Docx:
    return _letter(
        "{{ to }}：",
        "您于{{ received }}通过{{ channel }}提出的“{{ subject }}”（编号{{ file }}），"
        "我单位已于{{ accepted }}受理。现答复如下：",
        *_each("text"),
        "{%p if review_days %}",
        "如不服本答复意见，您可以自收到本答复意见书之日起{{ review_days }}内，向{{ reviewer }}申请复查"
        "（《信访工作条例》第三十五条）。",
        "{%p else %}",
        "如对本答复有不同意见，您可以向我单位提出。",
        "{%p endif %}",
    )


def _order() -> Docx:
    return _sheet(
        [
            ("督办对象", "{{ unit }}"),
            ("督办级别", "{{ level }}"),
            ("编号", "{{ file }}"),
            ("事项", "{{ subject }}"),
            ("主办单位", "{{ lead }}"),
            ("受理日期", "{{ accepted }}"),
            ("办理期限", "{{ handle_by }}"),
            ("督办要求", "\n".join(_each("demand"))),
            ("反馈期限", "{{ deadline }}"),
            ("反馈意见", "\n\n\n（承办单位盖章）　　　　年　　月　　日"),
        ]
    )


def _follow_up() -> Docx:
    document = blank()
    letterhead(document)
    form(
        document,
        [
            ("编号", "{{ file }}（第{{ round }}轮）"),
            ("事项", "{{ subject }}"),
            ("主办单位", "{{ lead }}"),
            ("答复日期", "{{ replied }}"),
            (
                "回访对象",
                "{{ respondent }}\n{%p for one in people %}\n{{ one.name }}{% if one.phone %}　{{ one.phone }}"
                "{% endif %}\n{%p endfor %}",
            ),
            ("回访", "{{ followed_up }}，{{ method }}（此前未联系上{{ missed }}次）"),
            ("是否解决", "{{ solved }}"),
            ("满意程度", "{{ satisfaction }}"),
        ],
    )
    text(document, "{%p if demands %}")
    text(document, "各项诉求", font=HEI)
    grid(
        document,
        ("诉求", "是否解决", "满意程度"),
        "one in demands",
        ("{{ one.text }}", "{{ one.solved }}", "{{ one.satisfaction }}"),
        (96, 30, 30),
    )
    text(document, "{%p endif %}")
    text(document, "回访意见", font=HEI)
    body(document, *_each("text"))
    text(document, "回访人（签名）：　　　　　　　　{{ day }}").paragraph_format.space_before = Pt(LINE)
    return document


def _service() -> Docx:
    return _sheet(
        [
            ("送达文书", "{{ letter }}"),
            ("文号", "{{ letter_number }}（{{ letter_day }}）"),
            ("编号", "{{ file }}"),
            ("受送达人", "{{ to }}"),
            ("送达地址", "\n".join(_each("addresses"))),
            ("送达方式", "{% if method %}{{ method }}{% else %}□当面　□邮寄　□短信　□电话　□网上　□公告{% endif %}"),
            ("送达日期", "{% if served %}{{ served }}{% else %}　　　　年　　月　　日{% endif %}"),
            ("受送达人签收", "{% if method %}{{ received_by }}{% else %}（签名或盖章）{% endif %}"),
            ("送达人", "（签名）"),
            ("备注", "{{ note }}{% if proof and proof != '0' %}　附送达凭证{{ proof }}件{% endif %}"),
        ]
    )


def _dossier() -> Docx:
    """The whole file: cover, contents, and a section for each part in archive order."""
    document = blank()
    centre = WD_ALIGN_PARAGRAPH.CENTER
    office = text(document, "{{ office }}", align=centre, size=26, font=SONG, bold=True)
    office.paragraph_format.space_before = Pt(60)
    text(document, "卷　宗", align=centre, size=36, font=SONG, bold=True).paragraph_format.space_after = Pt(40)
    form(
        document,
        [
            ("编号", "{{ file }}"),
            ("档号", "{{ archive }}"),
            ("案由", "{{ subject }}"),
            ("信访人", "\n".join(_each("people"))),
            ("途径性质", "{{ channel }}　{{ nature }}"),
            ("承办单位", "{{ units }}"),
            ("起止日期", "{{ received }}至{{ ended }}"),
            ("轮次", "{{ round }}"),
            ("件数", "{{ count }}"),
            ("密级", "{{ secrecy }}"),
            ("保管期限", "{{ kept }}"),
            ("制卷日期", "{{ day }}"),
        ],
    )
    contents = text(document, "卷内目录", align=centre, size=22, font=SONG, bold=True)
    contents.paragraph_format.page_break_before = True
    contents.paragraph_format.space_after = Pt(14)
    grid(
        document,
        ("件号", "题名", "起始日期", "记录数"),
        "one in sections",
        ("{{ one.place }}", "{{ one.title }}", "{{ one.since }}", "{{ one.count }}"),
        (18, 78, 40, 20),
    )
    text(document, "{%p for section in sections %}")
    title = text(document, "{{ section.place }}　{{ section.title }}", size=18, font=HEI)
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(LINE), Pt(8)
    title.paragraph_format.keep_with_next = True
    text(document, "{%p if not section.records %}")
    text(document, "（无）")
    text(document, "{%p endif %}")
    text(document, "{%p for record in section.records %}")
    told = "{{ record.day }}　{{ record.head }}{% if record.who %}（{{ record.who }}）{% endif %}"
    head = text(document, told, size=14, bold=True)
    head.paragraph_format.keep_with_next = True
    text(document, "{%p for line in record.lines %}")
    text(document, "{{ line }}", size=14, indent=True)
    text(document, "{%p endfor %}")
    text(document, "{%p endfor %}")
    text(document, "{%p endfor %}")
    return document


LAYOUTS: Mapping[str, Callable[[], Docx]] = {
    LetterKind.ACCEPTANCE.zh: _acceptance,
    LetterKind.DECLINE.zh: _decline,
    LetterKind.REFERRAL.zh: _referral,
    LetterKind.ASSIGNMENT.zh: _assignment,
    LetterKind.EXTENSION.zh: _extension,
    LetterKind.REPLY.zh: _reply,
    LetterKind.ORDER.zh: _order,
    LetterKind.FOLLOW_UP.zh: _follow_up,
    LetterKind.SERVICE.zh: _service,
    DOSSIER: _dossier,
}
"""The layouts by the name of their template, which is what stands on the paper."""
