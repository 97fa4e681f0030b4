"""Letters on paper: every one laid out by LibreOffice; templates of the office's own; broken ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from domain.errors import BrokenTemplate
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import supervising as s
from domain.petition.events import values as v
from domain.petition.receiving_letters import IssueLetter, IssueOrder
from domain.petition.references import people_of, render
from domain.vocabulary import (
    Clock,
    ContactMethod,
    DeclineGround,
    Delivery,
    LetterKind,
    PetitionerKind,
    Respondent,
    Satisfaction,
    Solved,
)
from service.letters import Templates, default_template, filled, filled_in
from tests.happened import (
    BENCH,
    LAMP,
    PERSON,
    accepted,
    assigned,
    due,
    letter_issued,
    ordered,
    published,
    received,
    replied,
    reply_approved,
    reply_drafted,
    reported,
    running,
    signed,
    step,
)
from tests.scenario import Given, Steps, given
from tests.service.paper_kit import LEFT_OVER, Printed, laid_out, needs_office

OTHER = v.Petitioner(id="p2", kind=PetitionerKind.REPRESENTATIVE, name="陆见秋", phone="13800005678")
LONG = "\n".join(f"第{place}段：您反映的路灯已经查明，线路和灯具均已更换，照明恢复正常。" * 3 for place in range(1, 10))
FOLLOWED_UP = s.FollowedUp(
    respondent=Respondent.PETITIONER,
    method=ContactMethod.PHONE,
    solved=Solved.PARTLY,
    satisfaction=Satisfaction.FAIRLY,
    demands=(
        v.DemandFollowUp(demand="d1", solved=Solved.SOLVED, satisfaction=Satisfaction.SATISFIED),
        v.DemandFollowUp(demand="d2", solved=Solved.UNSOLVED, satisfaction=Satisfaction.DISSATISFIED),
    ),
    text="⟦p1.name⟧说路灯亮了 & 长椅 <还没> 装。",
)
CAME_IN = received(petitioners=(PERSON, OTHER), demands=(LAMP, BENCH))
HANDLED: list[Steps] = [CAME_IN, accepted(), running(Clock.HANDLE), assigned("MS", "WY"), running(Clock.CONTACT)]
REPLIED: list[Steps] = [*HANDLED, signed(), reported("d1", "d2"), reply_drafted(LONG), reply_approved(LONG)]
EXTENDED = step(
    h.ExtensionAsked(days=15, reason="材料未到。\n与供电部门会商。", salt="s", digest="d" * 64),
    h.ExtensionGranted(digest="d" * 64, days=15, due=due(Clock.HANDLE), notice=Delivery.SMS),
    by="li",
)
DECLINED = step(
    r.PetitionDeclined(ground=DeclineGround.COURT, article="《信访工作条例》第三十一条", reason="已由法院受理"), by="wu"
)

K = LetterKind
PAPERS: Mapping[LetterKind, tuple[list[Steps], IssueLetter | IssueOrder, int, tuple[str, ...]]] = {
    K.ACCEPTANCE: (HANDLED, IssueLetter(kind=K.ACCEPTANCE), 1, ("予以受理", "前办结并书面答复您", "甘棠梨、陆见秋：")),
    K.DECLINE: ([CAME_IN, DECLINED], IssueLetter(kind=K.DECLINE), 1, ("不予受理", "第三十一条", "向人民法院提出")),
    K.REFERRAL: (
        [CAME_IN, step(r.PetitionReferred(body="QZJ", reason="属区级职责"), by="wu")],
        IssueLetter(kind=K.REFERRAL),
        1,
        ("现予转送", "13900001234", "注意保密"),
    ),
    K.ASSIGNMENT: (
        HANDLED,
        IssueLetter(kind=K.ASSIGNMENT, about="MS"),
        1,
        ("民生服务中心（主办）", "幸福路18号2单元301室", "添一张长椅", "5个工作日内"),
    ),
    K.EXTENSION: ([*HANDLED, signed(), EXTENDED], IssueLetter(kind=K.EXTENSION), 1, ("材料未到", "延长15个工作日")),
    K.REPLY: (REPLIED, IssueLetter(kind=K.REPLY), 3, ("第1段", "第9段", "—3—")),
    K.ORDER: ([*HANDLED, ordered()], IssueOrder(about="o1"), 1, ("日常督办", "限期办结", "承办单位盖章")),
    K.FOLLOW_UP: (
        [*HANDLED, signed(), reported(), replied(), published(), step(FOLLOWED_UP, by="zhao")],
        IssueLetter(kind=K.FOLLOW_UP),
        1,
        ("部分解决", "甘棠梨说路灯亮了&长椅<还没>装", "添一张长椅", "回访人（签名）"),
    ),
    K.SERVICE: (
        [CAME_IN, accepted(), letter_issued()],
        IssueLetter(kind=K.SERVICE, about="acceptance-2026-1"),
        1,
        ("HY受告〔2026〕1号", "受送达人签收", "（签名或盖章）"),
    ),
}  # fmt: skip
"""Each letter: what happened before, how it is issued, on how many pages, and words that it must hold."""


def fact_of(file: Given, command: IssueLetter | IssueOrder) -> r.LetterIssued:
    (fact,) = file.when(command, by="bai").facts
    assert isinstance(fact, r.LetterIssued)
    return fact


def on_paper(kind: LetterKind, template: bytes | None = None) -> bytes:
    """The letter, as who may read personal data gets it."""
    steps, command, _, _ = PAPERS[kind]
    file = given(*steps)
    people = people_of(file.petition.everyone)
    content = fact_of(file, command).content
    assert isinstance(content, str)
    values = filled_in(json.loads(content), lambda text: render(text, people) or "")
    return filled(default_template(kind.zh) if template is None else template, values, f"{kind.zh}.docx")


def test_there_is_one_of_every_letter() -> None:
    assert set(PAPERS) == set(LetterKind)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Printed]:
    """All letters as pages."""
    return laid_out({kind.value: on_paper(kind) for kind in LetterKind}, tmp_path_factory.mktemp("letters"))


@needs_office
@pytest.mark.parametrize("kind", LetterKind)
def test_a_letter_is_laid_out_as_it_must_be(kind: LetterKind, printed: dict[str, Printed]) -> None:
    paper = printed[kind]
    _, _, pages, words = PAPERS[kind]
    assert len(paper.pages) == pages
    assert paper.pages[0].startswith("禾源街道办事处")
    assert f"{kind.zh}" in paper.pages[0]
    assert [word for word in (*words, "HY-2026-000001") if word not in paper.text] == []
    assert not LEFT_OVER.search(paper.text)
    if kind is not K.FOLLOW_UP:
        assert "二〇二六年十一月十六日" in paper.pages[-1]


def test_the_product_brings_the_same_template_every_time() -> None:
    default_template.cache_clear()
    first = default_template(K.REPLY.zh)
    default_template.cache_clear()
    assert default_template(K.REPLY.zh) == first


def own(words: str) -> bytes:
    """A template that an office wrote itself."""
    document, written = Document(), BytesIO()
    document.add_paragraph("本单位信笺")
    document.add_paragraph(words)
    document.save(written)
    return written.getvalue()


def test_the_offices_own_template_goes_before(tmp_path: Path) -> None:
    templates = Templates(tmp_path)
    assert templates.read(K.ACCEPTANCE.zh) == default_template(K.ACCEPTANCE.zh)
    (tmp_path / "受理告知书.docx").write_bytes(own("{{ to }}：{{ subject }}，{{ day }}"))
    written = Document(BytesIO(on_paper(K.ACCEPTANCE, templates.read(K.ACCEPTANCE.zh))))
    assert [one.text for one in written.paragraphs] == ["本单位信笺", "甘棠梨、陆见秋：路灯不亮，2026年11月16日"]
    assert templates.read(K.REPLY.zh) == default_template(K.REPLY.zh)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("{{ too }}：你好", "{{ too }}：你好"),
        ("{{ to }：你好", "{{ to }：你好"),
        ("{% for line in text %}{{ line }}", "-"),
        ("{{ to.__class__.__mro__ }}", "{{ to.__class__.__mro__ }}"),
        ("{{ 1 / 0 }}", "{{ 1 / 0 }}"),
    ],
    ids=["unknown name", "unclosed", "without an end", "not allowed", "not computable"],
)
def test_a_broken_template_is_named_with_its_place_and_nothing_of_the_file(words: str, place: str) -> None:
    with pytest.raises(BrokenTemplate) as refused:
        on_paper(K.ACCEPTANCE, own(words))
    told = refused.value.text("zh")
    assert "受理告知书.docx" in told
    assert refused.value.facts["place"] == place or place == "-"
    for value in (PERSON.name, PERSON.phone, "路灯"):
        assert str(value) not in told


def test_what_is_no_document_is_told(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04 no zip", b"{{ to }}"):
        with pytest.raises(BrokenTemplate, match="broken_template"):
            on_paper(K.ACCEPTANCE, content)


def test_what_a_person_wrote_is_never_run_or_taken_for_markup() -> None:
    template = own("{{ subject }}")
    values = filled_in({"subject": "{{ 1+1 }} <b>&amp;</b> \x0b{% raw %}"}, str)
    written = Document(BytesIO(filled(template, values, "x.docx")))
    assert written.paragraphs[-1].text == "{{ 1+1 }} <b>&amp;</b> {% raw %}"
