"""民情办理 with others: co-units report to the lead unit; what the street cannot do goes upward (向上延伸)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from domain.errors import DemandUnanswered, DomainError
from domain.kernel import Context, Event, Value
from domain.petition.command import CodeText, PetitionCommand, Prose, invalid
from domain.petition.events import handling as h
from domain.petition.events.values import DemandAnswer
from domain.petition.handling import Work, unsigned
from domain.petition.petition import Petition
from domain.petition.rules import not_possible
from domain.vocabulary import BodyKind, OutcomeKind, Role


class AnswerForm(Value):
    """The outcome for one demand."""

    demand: CodeText = Field(title="诉求")
    outcome: OutcomeKind = Field(title="办理结果")
    text: Prose = Field(title="说明")


def answers_of(forms: tuple[AnswerForm, ...], among: set[str], unit: str) -> dict[str, DemandAnswer]:
    """The unit's answers by demand; Invalid naming one about a demand that is not `among` these, or a second one."""
    found: dict[str, DemandAnswer] = {}
    for index, form in enumerate(forms):
        if form.demand not in among:
            raise invalid("没有此诉求", "no such demand", "answers", index, "demand")
        if form.demand in found:
            raise invalid("诉求重复", "the demand is answered twice", "answers", index, "demand")
        found[form.demand] = DemandAnswer(**dict(form), unit=unit)
    return found


class ReportToLead(PetitionCommand):
    """协办反馈: a co-unit tells the lead what it did and answers each demand that is its own; it may do so again."""

    title: ClassVar[str] = "协办反馈"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.CoUnitReported

    text: Prose = Field(title="协办情况")
    answers: tuple[AnswerForm, ...] = Field((), title="本单位诉求办理结果", max_length=50)

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A co-unit, after signing, and not while the work is put aside."""
        if context.actor.unit not in petition.co_units:
            return not_possible("须由协办单位反馈", "a co-unit reports to the lead")
        if petition.suspended:
            return not_possible("此件已挂起，请先恢复办理", "the file is suspended; resume it first")
        return unsigned(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Reported to the lead."""
        unit = str(context.actor.unit)
        present = {demand.id for demand in petition.demands}
        own = [one.demand for one in petition.by_demand if one.unit == unit and one.demand in present]
        answers = answers_of(self.answers, set(own), unit)
        missing = [demand for demand in own if demand not in answers]
        if missing:
            raise DemandUnanswered(("answers",), missing=", ".join(missing))
        yield h.CoUnitReported(unit=unit, text=self.text, answers=tuple(answers.values()))


class EscalateUpward(Work):
    """向上延伸: put what the sub-district cannot do before a superior body, with the reason."""

    title: ClassVar[str] = "向上延伸"
    event: ClassVar[type[Event]] = h.EscalatedUpward

    body: CodeText = Field(title="上级单位")
    reason: Prose = Field(title="理由")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Escalated."""
        body = context.rulebook.body(self.body)
        if body is None or body.kind is not BodyKind.SUPERIOR:
            raise invalid("规则手册中没有此上级单位", "the rulebook has no such superior body", "body")
        if self.body in petition.escalated_to:
            raise invalid("已上报该单位，等待答复", "the body has it already and has not answered", "body")
        yield h.EscalatedUpward(body=self.body, reason=self.reason)


class RecordSuperiorAnswer(PetitionCommand):
    """上级答复: record the superior body's answer. It is waited for until it is there, also on a closed file."""

    title: ClassVar[str] = "上级答复"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER, Role.INTAKE})
    own_unit: ClassVar[bool] = True
    answerable: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.SuperiorAnswered

    body: CodeText = Field(title="上级单位")
    text: Prose = Field(title="答复内容")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must have been asked."""
        return None if petition.escalated_to else not_possible("没有上报事项", "nothing was put before a superior body")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Answered."""
        if self.body not in petition.escalated_to:
            raise invalid("未向该单位上报", "nothing was put before this body", "body")
        yield h.SuperiorAnswered(body=self.body, text=self.text)
