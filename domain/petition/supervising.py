"""跟踪监督: follow up with the resident; who was reached, whether it is solved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError
from domain.kernel import SHANGHAI, Context, Event, Value
from domain.petition.command import CodeText, PetitionCommand, Prose, invalid
from domain.petition.events import supervising as s
from domain.petition.events.values import DemandFollowUp, ScriptAnswer
from domain.petition.petition import Petition
from domain.petition.rules import not_own_work, not_possible
from domain.vocabulary import (
    ContactMethod,
    Respondent,
    Role,
    Satisfaction,
    Solved,
)

CALLER = frozenset({Role.CALLER})


class MissFollowUp(PetitionCommand):
    """回访未联系上: an attempt that reached nobody, at the follow-up or when the opinion is gathered again."""

    title: ClassVar[str] = "回访未联系上"
    roles: ClassVar[frozenset[Role]] = CALLER
    event: ClassVar[type[Event]] = s.FollowUpMissed

    method: ContactMethod = Field(ContactMethod.PHONE, title="方式")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Not one's own work; somebody must be there to be missed; after enough attempts the place is asked."""
        if petition.anonymous:
            return not_possible("匿名件应征询所在地居民", "an anonymous petition: ask the place")
        if petition.current.attempts_missed >= context.rulebook.follow_up_attempts:
            return not_possible("已达规定次数，应征询所在地居民", "enough attempts were made: ask the place")
        return not_own_work(petition, context) or too_soon(petition, context, context.now)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Missed; long enough after the attempt before that both are attempts."""
        if (soon := too_soon(petition, context, context.at)) is not None:
            raise soon
        yield s.FollowUpMissed(method=self.method, attempt=petition.current.attempts_missed + 1)


def next_attempt_at(petition: Petition, context: Context) -> datetime | None:
    """From when on an attempt counts as another one; None where none was made yet."""
    missed_at = petition.current.missed_at
    return missed_at + timedelta(hours=context.rulebook.follow_up_interval_hours) if missed_at else None


def too_soon(petition: Petition, context: Context, at: datetime) -> DomainError | None:
    """Why an attempt at this time is none: calling three times in a row is trying once."""
    earliest = next_attempt_at(petition, context)
    if earliest is None or at >= earliest:
        return None
    hours, when = context.rulebook.follow_up_interval_hours, f"{earliest.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return not_possible(
        f"两次联系须相隔 {hours} 小时，{when} 后再联系", f"attempts lie {hours} hours apart: after {when}"
    )


class ScriptAnswerForm(Value):
    """What the respondent answered to one question of the script."""

    question: CodeText = Field(title="问题")
    answer: Prose = Field(title="回答")


def script_answers(forms: tuple[ScriptAnswerForm, ...], petition: Petition, context: Context) -> Iterator[ScriptAnswer]:
    """The answers in the words in which they were asked for; Invalid naming one that fits no question or choice."""
    script = context.rulebook.script(petition.channel, petition.nature)
    questions = {one.code: one for one in script.questions} if script else {}
    given: set[str] = set()
    for index, form in enumerate(forms):
        question = questions.get(form.question)
        if question is None or form.question in given:
            raise invalid(
                "问卷没有此问题，或重复",
                "the script has no such question, or it came twice",
                "answers",
                index,
                "question",
            )
        if question.choices and form.answer not in question.choices:
            known = "、".join(question.choices)
            raise invalid(f"须为以下之一：{known}", f"must be one of: {known}", "answers", index, "answer")
        given.add(form.question)
        yield ScriptAnswer(question=question.code, asked=question.text, answer=form.answer)
    missing = [one.text for code, one in questions.items() if one.required and code not in given]
    if missing:
        raise invalid(f"问卷必答：{'；'.join(missing)}", f"the script asks for: {'; '.join(missing)}", "answers")


class DemandFollowUpForm(Value):
    """What the respondent said about one demand."""

    demand: CodeText = Field(title="诉求")
    solved: Solved = Field(title="是否解决")
    satisfaction: Satisfaction = Field(Satisfaction.NO_OPINION, title="满意度")


def check_respondent(respondent: Respondent, petition: Petition, context: Context) -> None:
    """The place is asked only for a petitioner who is anonymous or was not reached often enough."""
    missed = petition.current.attempts_missed
    if respondent is Respondent.PETITIONER and petition.anonymous:
        raise invalid("匿名件应征询所在地居民", "an anonymous petition: ask the place", "respondent")
    attempts = context.rulebook.follow_up_attempts
    if respondent is Respondent.PLACE and not petition.anonymous and missed < attempts:
        raise invalid(
            f"须先联系当事人满 {attempts} 次（已 {missed} 次）",
            f"try the petitioner {attempts} times first ({missed} so far)",
            "respondent",
        )


class FollowUp(PetitionCommand):
    """回访: the respondent was reached; is it solved, are they satisfied."""

    title: ClassVar[str] = "回访"
    roles: ClassVar[frozenset[Role]] = CALLER
    event: ClassVar[type[Event]] = s.FollowedUp

    respondent: Respondent = Field(Respondent.PETITIONER, title="回访对象")
    method: ContactMethod = Field(ContactMethod.PHONE, title="方式")
    solved: Solved = Field(title="是否解决")
    satisfaction: Satisfaction = Field(title="满意度")
    demands: tuple[DemandFollowUpForm, ...] = Field((), title="各诉求", max_length=50)
    answers: tuple[ScriptAnswerForm, ...] = Field((), title="问卷回答", max_length=30)
    text: Prose | None = Field(None, title="记录")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Nobody follows up their own work."""
        return not_own_work(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Followed up. What is unsolved goes on to re-collection, which settles or reopens."""
        check_respondent(self.respondent, petition, context)
        known = {demand.id for demand in petition.demands}
        for index, form in enumerate(self.demands):
            if form.demand not in known:
                raise invalid("没有此诉求", "no such demand", "demands", index, "demand")
            if self.solved is Solved.SOLVED and form.solved is not Solved.SOLVED:
                raise invalid(
                    "有诉求未解决，整体不能为已解决", "one demand is unsolved, so the whole is not solved", "solved"
                )
        yield s.FollowedUp(
            respondent=self.respondent,
            method=self.method,
            solved=self.solved,
            satisfaction=self.satisfaction,
            demands=tuple(DemandFollowUp(**dict(form)) for form in self.demands),
            text=self.text,
            answers=tuple(script_answers(self.answers, petition, context)),
        )
