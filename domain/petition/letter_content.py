"""What a letter says: the values that its template is filled with, composed from the file and nothing else.

Petitioners stand in it as references, so that whoever may read them gets the letter and an erasure reaches every copy.
Shapes: text, lists of paragraphs, or rows of text; a template finds each under the name it has here (ops/letters.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from domain.clocks import DueDate
from domain.kernel import Context, Erased, day_of
from domain.letters import chinese_day, formal_day
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import supervising as s
from domain.petition.events.values import Petitioner
from domain.petition.petition import Petition
from domain.petition.references import FIELDS
from domain.vocabulary import Clock, DeclineGround, LetterKind, PetitionKind, Respondent, Track

Content = Mapping[str, object]

ADVICE = {
    DeclineGround.COURT: "请依法向人民法院提出。",
    DeclineGround.PROCURATORATE: "请依法向人民检察院提出。",
    DeclineGround.CONGRESS: "请依法向人民代表大会及其常务委员会提出。",
    DeclineGround.STATUTORY: "请依照法律规定的程序向有权处理的机关提出。",
}
"""Where somebody is told to turn whose matter is for others (L1 23, 31)."""


def content_of(
    kind: LetterKind, petition: Petition, context: Context, *, number: str, about: str | None, petitioner: str | None
) -> dict[str, object]:
    """All values of a letter of this kind. What it tells must have happened (`letters.missing` says so before)."""
    day = day_of(context.at)
    return {
        "title": kind.zh,
        "number": number,
        "office": context.rulebook.office.name,
        "day": chinese_day(day),
        "formal_day": formal_day(day),
        "file": petition.number,
        "subject": said(petition.title),
        "received": _day(petition.received_at),
        "channel": petition.channel.zh,
        "to": _names(_addressed(petition, petitioner)),
        **_OWN[kind](petition, context, about),
    }


def said(text: str | Erased | None) -> str:
    """A text of the file, or the word for one that was erased."""
    return "" if text is None else str(text)


def paragraphs(text: str | Erased | None) -> list[str]:
    """The paragraphs of a text."""
    return [line.strip() for line in said(text).splitlines() if line.strip()]


def _addressed(petition: Petition, petitioner: str | None) -> tuple[Petitioner, ...]:
    return tuple(one for one in petition.petitioners if petitioner in {None, one.id})


def _names(people: Iterable[Petitioner]) -> str:
    """Whom a letter is for, by reference; somebody without a name is called what they are."""
    return "、".join(f"⟦{one.id}.name⟧" if one.name is not None else one.kind.zh for one in people) or "匿名"


def _people(petition: Petition) -> list[dict[str, str]]:
    """Each petitioner with what was given of them, by reference."""
    return [{"kind": one.kind.zh, **{name: _reference(one, name) for name in FIELDS}} for one in petition.petitioners]


def _reference(one: Petitioner, field: str) -> str:
    return "" if getattr(one, field) is None else f"⟦{one.id}.{field}⟧"


def _day(moment: datetime | date | None) -> str:
    if moment is None:
        return ""
    return chinese_day(day_of(moment) if isinstance(moment, datetime) else moment)


def _by(due: DueDate | None) -> str:
    """A due date as a letter tells it; provisional ones say so."""
    return "" if due is None else chinese_day(due.due) + ("（暂定）" if due.provisional else "")


def _unit(code: str | None, context: Context) -> str:
    unit = context.rulebook.unit(code) if code else None
    return unit.name if unit else code or ""


def _acceptance(petition: Petition, context: Context, about: str | None) -> Content:
    told = petition.told[r.PetitionAccepted.TOPIC]
    due = context.rulebook.due(
        Clock.HANDLE,
        told.occurred_at or told.recorded_at,
        version=context.rulebook_version,
        track=petition.track,
        nature=petition.nature,
        urgency=petition.urgency,
        secrecy=petition.secrecy,
    )
    return {
        "accepted": _day(told.occurred_at),
        "kind": context.rulebook.kind(petition.nature).zh,
        "petition_law": petition.track is Track.XINFANG,
        "due": _by(due if Clock.HANDLE in petition.due else None),
    }


def _decline(petition: Petition, context: Context, about: str | None) -> Content:
    fact = petition.told[r.PetitionDeclined.TOPIC].fact
    assert isinstance(fact, r.PetitionDeclined)
    return {
        "ground": fact.ground.zh,
        "article": said(fact.article),
        "reason": paragraphs(fact.reason),
        "advice": ADVICE.get(fact.ground, ""),
    }


def _referral(petition: Petition, context: Context, about: str | None) -> Content:
    told = petition.told[r.PetitionReferred.TOPIC]
    fact = told.fact
    assert isinstance(fact, r.PetitionReferred)
    body = said(fact.body)
    known = context.rulebook.body(body)
    return {
        "body": known.name if known else body,
        "reason": paragraphs(fact.reason),
        "text": paragraphs(petition.content),
        "people": _people(petition),
        "referred": _day(told.occurred_at),
    }


def _assignment(petition: Petition, context: Context, about: str | None) -> Content:
    told = petition.told[h.Assigned.TOPIC]
    fact = told.fact
    assert isinstance(fact, h.Assigned)
    mine = {one.demand for one in petition.by_demand if one.unit == about}
    others = {one.demand for one in petition.by_demand if one.unit != about}
    category = context.rulebook.category(petition.category) if petition.category else None
    return {
        "unit": _unit(about, context),
        "part": "主办" if about == petition.lead else "协办",
        "lead": _unit(petition.lead, context),
        "co_units": "、".join(_unit(unit, context) for unit in petition.co_units),
        "assigned": _day(told.occurred_at),
        "reason": paragraphs(fact.reason),
        "nature": petition.nature.zh,
        "category": category.name if category else "",
        "urgency": petition.urgency.zh,
        "secrecy": petition.secrecy.zh,
        "text": paragraphs(petition.content),
        "people": _people(petition),
        "demands": [said(demand.text) for demand in petition.demands if demand.id in mine or demand.id not in others],
        "sign_by": _by(petition.due.get(f"{Clock.SIGN}:{about}")),
        "contact_by": _by(petition.due.get(Clock.CONTACT)),
        "handle_by": _by(petition.due.get(Clock.HANDLE)),
    }


def _extension(petition: Petition, context: Context, about: str | None) -> Content:
    granted, asked = (petition.told[kind.TOPIC].fact for kind in (h.ExtensionGranted, h.ExtensionAsked))
    assert isinstance(granted, h.ExtensionGranted)
    assert isinstance(asked, h.ExtensionAsked)
    return {
        "accepted": _day(petition.accepted_at),
        "days": f"{granted.days}{'个工作日' if granted.due.working else '日'}",
        "due": _by(granted.due),
        "reason": paragraphs(asked.reason),
        "petition_law": petition.track is Track.XINFANG,
    }


def _reply(petition: Petition, context: Context, about: str | None) -> Content:
    """The reply names the right to have it reviewed, within how many days and by whom (L1 35), where there is one."""
    reply = petition.current.reply
    limit = context.rulebook.limit(
        Clock.REVIEW_ASK,
        track=petition.track,
        nature=petition.nature,
        urgency=petition.urgency,
        secrecy=petition.secrecy,
    )
    district = context.rulebook.office.district
    return {
        "accepted": _day(petition.accepted_at),
        "text": paragraphs(reply.text if reply else None),
        "review_days": f"{limit.days}{'个工作日' if limit.working else '日'}" if limit else "",
        "reviewer": district if district.endswith("政府") else f"{district}人民政府",
        "claim": context.rulebook.kind(petition.nature) is PetitionKind.CLAIM,
    }


def _order(petition: Petition, context: Context, about: str | None) -> Content:
    told = petition.told[about or ""]
    fact = told.fact
    assert isinstance(fact, s.SupervisionOrdered)
    return {
        "unit": _unit(fact.unit, context),
        "level": fact.level.zh,
        "ordered": _day(told.occurred_at),
        "deadline": _day(fact.deadline),
        "demand": paragraphs(fact.demand),
        "accepted": _day(petition.accepted_at),
        "lead": _unit(petition.lead, context),
        "handle_by": _by(petition.due.get(Clock.HANDLE)),
    }


def _follow_up(petition: Petition, context: Context, about: str | None) -> Content:
    told = petition.told[s.FollowedUp.TOPIC]
    fact = told.fact
    assert isinstance(fact, s.FollowedUp)
    texts = {demand.id: said(demand.text) for demand in petition.demands}
    by_place = fact.respondent is Respondent.PLACE
    return {
        "respondent": fact.respondent.zh,
        "people": [] if by_place else _people(petition),
        "followed_up": _day(told.occurred_at),
        "method": fact.method.zh,
        "missed": str(petition.current.attempts_missed),
        "solved": fact.solved.zh,
        "satisfaction": fact.satisfaction.zh,
        "demands": [
            {"text": texts.get(one.demand, one.demand), "solved": one.solved.zh, "satisfaction": one.satisfaction.zh}
            for one in fact.demands
        ],
        "text": paragraphs(fact.text),
        "lead": _unit(petition.lead, context),
        "replied": _day(petition.current.replied_at),
        "round": str(petition.round),
    }


def _service(petition: Petition, context: Context, about: str | None) -> Content:
    """Filled in once the delivery is on record; before that, a form to be signed."""
    letter = petition.letters[about or ""]
    served = letter.served.fact if letter.served else None
    filled = served if isinstance(served, r.LetterServed) else None
    return {
        "to": _names(_addressed(petition, letter.petitioner)),
        "addresses": [one["address"] for one in _people(petition) if one["address"]],
        "letter": letter.kind.zh,
        "letter_number": letter.number,
        "letter_day": _day(letter.issued.occurred_at),
        "method": filled.method.zh if filled else "",
        "served": _day(letter.served.occurred_at) if letter.served else "",
        "received_by": said(filled.received_by) if filled else "",
        "note": said(filled.note) if filled else "",
        "proof": str(len(filled.proof)) if filled else "",
    }


_OWN: Mapping[LetterKind, Callable[[Petition, Context, str | None], Content]] = {
    LetterKind.ACCEPTANCE: _acceptance,
    LetterKind.DECLINE: _decline,
    LetterKind.REFERRAL: _referral,
    LetterKind.ASSIGNMENT: _assignment,
    LetterKind.EXTENSION: _extension,
    LetterKind.REPLY: _reply,
    LetterKind.ORDER: _order,
    LetterKind.FOLLOW_UP: _follow_up,
    LetterKind.SERVICE: _service,
}
