"""What happened to a made-up file, told in the words of the field: builders for `given` and `history`.

Each names who in the cast usually does it; `by=` names another. Times and envelopes come from `tests.scenario`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from domain.clocks import DueDate
from domain.kernel import Event
from domain.letters import letter_id, letter_number
from domain.petition.events import exceptions as x
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events import values as v
from domain.vocabulary import (
    Channel,
    Clock,
    ContactMethod,
    DeclineGround,
    Delivery,
    LetterKind,
    Nature,
    OrderLevel,
    OutcomeKind,
    Outlet,
    Respondent,
    ReviewKind,
    ReviewVerdict,
    Satisfaction,
    Secrecy,
    Solved,
    Track,
    Urgency,
    WaiverGround,
)
from tests.domain.rulebook_sample import SAMPLE
from tests.scenario import MONDAY, NUMBER, Step, Steps, shanghai

PERSON = v.Petitioner(id="p1", name="甘棠梨", phone="13900001234", address="幸福路 18 号 2 单元 301 室")
LAMP = v.Demand(id="d1", nature=Nature.HELP, text="路灯不亮")
BENCH = v.Demand(id="d2", nature=Nature.SUGGESTION, text="添一张长椅")

SOURCES: dict[Channel, v.Source] = {
    Channel.WEB: v.WebSource(site="street-site", message_id="m-1"),
    Channel.LETTER_VISIT: v.LetterVisitSource(form="visit", visit_record="来访人说路灯不亮"),
    Channel.HOTLINE: v.HotlineSource(work_order_id="W-1", call_time=shanghai(MONDAY, 8)),
    Channel.OFFICER: v.OfficerSource(officer="mei", grid="A01G1", patrol="2026-46", photos=("a1",)),
    Channel.WINDOW: v.WindowSource(window="W1", receipt="0001"),
    Channel.SYMPOSIUM: v.SymposiumSource(meeting="十一月座谈会", held_on=MONDAY),
}


def step(*facts: Event, by: str) -> Step:
    """Any facts by anybody."""
    return Step(facts, by)


def received(
    channel: Channel = Channel.WINDOW,
    *,
    nature: Nature = Nature.HELP,
    petitioners: tuple[v.Petitioner, ...] = (PERSON,),
    demands: tuple[v.Demand, ...] = (LAMP,),
    against: str | v.Accused | None = None,
    secrecy: Secrecy = Secrecy.OPEN,
    by: str = "wu",
) -> Step:
    """A petition came in; no petitioners: anonymous. `against`: a unit, or whoever is accused."""
    accused = v.Accused(unit=against) if isinstance(against, str) else against
    return step(
        r.PetitionReceived(
            channel=channel,
            source=SOURCES[channel],
            nature=nature,
            category="020102",
            track=SAMPLE.track(channel, nature),
            urgency=Urgency.NORMAL,
            secrecy=secrecy,
            title="路灯不亮",
            content="小区门口的路灯不亮，请修。",
            petitioners=petitioners,
            people_count=max(1, len(petitioners)),
            demands=demands,
            against=(accused,) if accused else (),
            place=v.Place(area="A01G1"),
            query_code_digest="0" * 64,
            rulebook_version=1,
        ),
        by=by,
    )


def imported(*, petitioners: tuple[v.Petitioner, ...] = (), nature: Nature = Nature.OTHER) -> Step:
    """A file of an old ledger was taken over."""
    return step(
        r.PetitionImported(
            channel=Channel.WEB,
            source_system="old-board",
            source_id="1",
            nature=nature,
            secrecy=Secrecy.OPEN,
            title="旧件",
            content="旧件内容",
            petitioners=petitioners,
            people_count=1,
            demands=(LAMP,),
            rulebook_version=1,
        ),
        by="system",
    )


def due(clock: Clock, start: date = MONDAY, *, track: Track = Track.WORK_ORDER) -> DueDate:
    """A due date as the sample rulebook makes it."""
    found = SAMPLE.due(clock, shanghai(start), version=1, track=track, nature=Nature.HELP, urgency=Urgency.NORMAL)
    assert found is not None
    return found.model_copy(update={"of": BOUND.get(clock)})


BOUND = {Clock.SIGN: "MS", Clock.OBJECT: "MS", Clock.ORDER: "o1"}
"""For whom the clocks that do not run for the whole file run in these stories."""


def running(*clocks: Clock, start: date = MONDAY, track: Track = Track.WORK_ORDER, by: str = "wu") -> Step:
    """Clocks run."""
    return step(r.DueDatesSet(due=tuple(due(clock, start, track=track) for clock in clocks)), by=by)


def classified(*, secrecy: Secrecy = Secrecy.OPEN, nature: Nature = Nature.HELP, by: str = "wu") -> Step:
    """Classified."""
    return step(
        r.PetitionClassified(
            nature=nature, category="020102", urgency=Urgency.NORMAL, secrecy=secrecy, track=Track.WORK_ORDER
        ),
        by=by,
    )


def accepted(*, by: str = "wu") -> Step:
    """Accepted, and the resident was told."""
    return step(r.PetitionAccepted(notice=Delivery.SMS), by=by)


def letter_issued(kind: LetterKind = LetterKind.ACCEPTANCE, about: str | None = None, *, by: str = "wu") -> Step:
    """A letter was issued, the first of its series."""
    fact = r.LetterIssued(
        kind=kind,
        id=letter_id(kind, MONDAY.year, 1),
        document_number=letter_number("HY", kind, MONDAY.year, 1),
        about=about,
        template="0" * 64,
        content="{}",
        salt="salz",
        digest=v.digest_of("salz", "{}"),
    )
    return step(fact, by=by)


def withdrawn() -> Step:
    """The petitioner took it back."""
    return step(r.PetitionWithdrawn(reason="问题已自行解决"), by="wu")


def decline_asked(*, by: str = "wu") -> Step:
    """Somebody of the desk proposes to decline it."""
    fact = x.DeclineAsked(
        ground=DeclineGround.COURT, article="《信访工作条例》第三十一条", reason="已由法院受理", notice=Delivery.POST
    )
    return step(fact, by=by)


def notice_waiver_asked(*, by: str = "wu") -> Step:
    """Somebody of the desk wants to accept it without a notice."""
    return step(x.NoticeWaiverAsked(reason="电话停机"), by=by)


def voiding_asked(*, by: str = "wu") -> Step:
    """Somebody of the desk wants the number voided."""
    return step(x.VoidingAsked(reason="误登记"), by=by)


def voided() -> Step:
    """The number was voided."""
    return step(r.NumberVoided(reason="误登记"), by="wu")


def assigned(lead: str = "MS", *co_units: str, demands: Mapping[str, str] | None = None, by: str = "wu") -> Step:
    """Given to a lead unit and co-units; `demands` says which unit answers for which."""
    split = tuple(v.DemandAssignment(demand=key, unit=unit) for key, unit in (demands or {}).items())
    return step(h.Assigned(lead=lead, co_units=co_units, demands=split), by=by)


def signed(unit: str = "MS", *, by: str = "chen", handler: str | None = None) -> Step:
    """A unit signed for it."""
    return step(h.SignedFor(unit=unit, handler=handler or by), by=by)


def return_asked(unit: str = "MS", *, proposed: str | None = None, by: str = "chen") -> Step:
    """A unit says "not ours"."""
    return step(h.ReturnAsked(unit=unit, reason="不属本单位职责", proposed_unit=proposed), by=by)


def return_granted(unit: str = "MS", *, by: str = "wu") -> Step:
    """The sender agreed."""
    return step(h.ReturnGranted(unit=unit), by=by)


def return_refused(unit: str = "MS", *, by: str = "wu") -> Step:
    """The sender did not agree."""
    return step(h.ReturnRefused(unit=unit, reason="属职责范围"), by=by)


def disputed(*units: str, by: str = "wu") -> Step:
    """Put before the common superior of the units."""
    superior = SAMPLE.common_superior(units)
    assert superior is not None
    return step(h.DutyDisputed(units=units, superior=superior.code, reason="职责争议"), by=by)


def escalated(body: str = "QZJ", *, by: str = "chen") -> Step:
    """Put before a superior body."""
    return step(h.EscalatedUpward(body=body, reason="超出街道权限"), by=by)


def progressed(*, by: str = "chen") -> Step:
    """Progress was noted."""
    return step(h.ProgressNoted(text="已到现场查看"), by=by)


def suspended(*, by: str = "li") -> Step:
    """Put aside for a while."""
    return step(h.SuspensionGranted(until=MONDAY + timedelta(days=10)), by=by)


def reported(*demands: str, unit: str = "MS", by: str = "chen") -> Step:
    """The outcome for every demand."""
    answers = (v.DemandAnswer(demand=one, outcome=OutcomeKind.RESOLVED, text="已修好") for one in demands or ("d1",))
    return step(h.OutcomeReported(unit=unit, answers=tuple(answers)), by=by)


def reply_drafted(text: str = "路灯已修好。", *, by: str = "chen") -> Step:
    """A reply was drafted."""
    return step(h.ReplyDrafted(text=text, salt="salz", digest=v.digest_of("salz", text)), by=by)


def reply_approved(text: str = "路灯已修好。", *, by: str = "li") -> Step:
    """The reply with this text was approved."""
    return step(h.ReplyApproved(digest=v.digest_of("salz", text)), by=by)


def delivered(*, by: str = "chen") -> Step:
    """The approved reply was delivered."""
    return step(h.ReplyDelivered(digest=v.digest_of("salz", "路灯已修好。"), method=Delivery.SMS), by=by)


def replied() -> list[Step]:
    """The reply, from its draft to its delivery."""
    return [reply_drafted(), reply_approved(), delivered()]


BULLETIN = v.digest_of("salz", "路灯修复\n路灯已修好。")


def drafted(*, by: str = "sun", digest: str = BULLETIN) -> Step:
    """A publication was drafted."""
    return step(p.PublicationDrafted(title="路灯修复", text="路灯已修好。", salt="salz", digest=digest), by=by)


def approved(*, by: str = "tang", digest: str = BULLETIN) -> Step:
    """The draft of the publication was approved."""
    return step(p.PublicationApproved(digest=digest), by=by)


def result_published(*, by: str = "sun", digest: str = BULLETIN) -> Step:
    """The result went to the board."""
    fact = p.ResultPublished(title="路灯修复", text="路灯已修好。", digest=digest, outlets=(Outlet.BOARD,))
    return step(fact, by=by)


def published() -> list[Step]:
    """The publication, from its draft to the board."""
    return [drafted(), approved(), result_published()]


def waiver_asked(*, by: str = "sun") -> Step:
    """The clerk wants the result to stay unpublished."""
    return step(x.WaiverAsked(ground=WaiverGround.PRIVACY, reason="涉及隐私"), by=by)


def waived(*, by: str = "sun") -> Step:
    """Publication was waived."""
    return step(p.PublicationWaived(ground=WaiverGround.PRIVACY, reason="涉及隐私"), by=by)


def taken_down(*, by: str = "sun") -> Step:
    """The publication was withdrawn."""
    return step(p.PublicationWithdrawn(reason="内容有误"), by=by)


def missed(times: int = 1, *, by: str = "zhao") -> list[Step]:
    """Nobody was reached, so many times."""
    return [step(s.FollowUpMissed(method=ContactMethod.PHONE, attempt=n + 1), by=by) for n in range(times)]


def followed_up(solved: Solved = Solved.SOLVED, *, by: str = "zhao") -> Step:
    """The resident was reached."""
    satisfaction = Satisfaction.SATISFIED if solved is Solved.SOLVED else Satisfaction.DISSATISFIED
    fact = s.FollowedUp(
        respondent=Respondent.PETITIONER, method=ContactMethod.PHONE, solved=solved, satisfaction=satisfaction
    )
    return step(fact, by=by)


def reminded(key: str = "r1", unit: str = "MS", *, by: str = "wu") -> Step:
    """A unit was reminded."""
    return step(s.ReminderSent(id=key, unit=unit, reason="请尽快办理"), by=by)


def ordered(key: str = "o1", unit: str = "MS", *, by: str = "zhou") -> Step:
    """The committee ordered a unit to act."""
    deadline = MONDAY + timedelta(days=7)
    fact = s.SupervisionOrdered(id=key, unit=unit, level=OrderLevel.ROUTINE, deadline=deadline, demand="限期办结")
    return step(fact, by=by)


def review_asked(kind: ReviewKind = ReviewKind.REVIEW, *, by: str = "wu") -> Step:
    """A review was asked."""
    return step(s.ReviewAsked(kind=kind, body="澄湖区人民政府", reason="不服答复意见"), by=by)


def review_decided(
    kind: ReviewKind = ReviewKind.REVIEW, verdict: ReviewVerdict = ReviewVerdict.UPHELD, *, by: str = "xu"
) -> Step:
    """A review was decided."""
    return step(s.ReviewDecided(kind=kind, verdict=verdict, text="维持原意见", delivery=Delivery.POST), by=by)


def gathered(settled: bool, *, by: str = "zhao") -> Step:
    """The opinion was gathered again."""
    fact = c.OpinionGathered(
        respondent=Respondent.PETITIONER, method=ContactMethod.PHONE, settled=settled, text="见记录"
    )
    return step(fact, by=by)


def closed(*, by: str = "zhao") -> list[Step]:
    """Settled, closed and archived."""
    return [gathered(True, by=by), step(c.PetitionClosed(), c.FileArchived(archive_number=f"{NUMBER}-R1"), by=by)]


def reopened(number: int = 2, *, by: str = "zhao") -> list[Step]:
    """Not settled: the same file goes round again."""
    return [gathered(False, by=by), step(c.PetitionReopened(round=number, reason="仍未解决"), by=by)]


def in_handling(first: Step | None = None) -> list[Steps]:
    """With a lead unit that has signed for it; `first`: how it came in."""
    return [first or received(), accepted(), assigned(), signed()]


def in_publishing(*beside: Steps) -> list[Steps]:
    """Answered, not yet published; `beside`: what else happened while it was handled."""
    return [in_handling(), *beside, reported(), replied()]


def in_supervising(*beside: Steps) -> list[Steps]:
    """Published, not yet followed up."""
    return [in_publishing(*beside), published()]


def in_recollecting(*beside: Steps) -> list[Steps]:
    """Followed up, the opinion not yet gathered again."""
    return [in_supervising(*beside), followed_up()]


def in_closed() -> list[Steps]:
    """Closed and archived."""
    return [in_recollecting(), closed()]
