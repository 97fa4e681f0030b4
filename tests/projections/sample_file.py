"""One made-up file that goes through everything, for the tests of what the projections store and show."""

from datetime import date, datetime, timedelta
from uuid import UUID

from domain.clocks import DueDate
from domain.kernel import Actor, Event, Recorded
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events import values as v
from domain.petition.petition import Petition
from domain.vocabulary import (
    Channel,
    Clock,
    ContactMethod,
    Delivery,
    ErasureGround,
    Nature,
    OrderLevel,
    OutcomeKind,
    Outlet,
    PetitionerKind,
    Respondent,
    ReviewKind,
    ReviewVerdict,
    Role,
    Satisfaction,
    Secrecy,
    Solved,
    Track,
    Urgency,
    WaiverGround,
)
from tests.projections.histories import JANUARY, noon

NUMBER = "HY-2026-000001"
CHEN = v.Petitioner(id="p1", name="陈小芳", phone="13800001111", address="幸福路12号3栋402室")
LIU = v.Petitioner(id="p2", kind=PetitionerKind.REPRESENTATIVE, name="刘大明", phone="13900002222")
SECRETS = (
    "陈小芳", "小芳", "13800001111", "12号3栋", "刘大明", "13900002222", "13700003333", "15900004444", "118.7678",
)  # fmt: skip
INTAKE = Actor(id="s-intake", role=Role.INTAKE)
HANDLER = Actor(id="s-handler", role=Role.HANDLER, unit="u-road")
APPROVER = Actor(id="s-approver", role=Role.APPROVER, unit="u-road")
PUBLISHER = Actor(id="s-publisher", role=Role.PUBLISHER)
SECOND = Actor(id="s-second", role=Role.PUBLISHER)
CALLER = Actor(id="s-caller", role=Role.CALLER)
SUPERVISOR = Actor(id="s-supervisor", role=Role.SUPERVISOR)


class Story:
    """Events of files, recorded one after another; the aggregate refuses what may not follow."""

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self.files: dict[str, Petition] = {}
        self.at = noon(JANUARY)

    def add(
        self, actor: Actor, *facts: Event, number: str = NUMBER, at: datetime | None = None, undated: bool = False
    ) -> "Story":
        """Record facts; every call happens an hour after the one before, unless `at` says when."""
        file = self.files.setdefault(number, Petition(number))
        self.at += timedelta(hours=1)
        for fact in facts:
            one = Recorded(
                stream=number,
                version=file.version + 1,
                fact=fact,
                actor=actor,
                occurred_at=None if undated else at or self.at,
                recorded_at=self.at,
                request_id="r",
                command_id=UUID(int=len(self.recorded) + 1),
                position=len(self.recorded) + 1,
            )
            file.fold([one])
            self.recorded.append(one)
        return self


def received(
    *petitioners: v.Petitioner,
    channel: Channel = Channel.WEB,
    nature: Nature = Nature.HELP,
    category: str | None = "c-road",
    secrecy: Secrecy = Secrecy.OPEN,
    title: str = "路灯不亮",
    content: str = "小区门口路灯不亮",
    demand: str | None = None,
    against: tuple[v.Accused, ...] = (),
    area: str | None = "a-1",
    legacy_number: str | None = None,
) -> r.PetitionReceived:
    return r.PetitionReceived(
        channel=channel,
        source=v.WebSource() if channel is Channel.WEB else v.WindowSource(),
        nature=nature,
        category=category,
        track=Track.WORK_ORDER,
        urgency=Urgency.NORMAL,
        secrecy=secrecy,
        title=title,
        content=content,
        petitioners=petitioners,
        people_count=max(1, len(petitioners)),
        demands=(v.Demand(id="d1", nature=nature, text=demand or content),),
        against=against,
        place=v.Place(area=area, address="幸福路12号3栋", point="geo:32.0415,118.7678;u=20") if area else None,
        legacy_number=legacy_number,
        query_code_digest="0" * 64,
        rulebook_version=1,
    )


def due(clock: Clock, day: date, *, provisional: bool = False) -> DueDate:
    return DueDate(
        clock=clock, start=JANUARY, days=5, working=True, due=day, rule="规则", calendar="日历", rulebook_version=1,
        provisional=provisional,
    )  # fmt: skip


def due_set(clock: Clock, day: date) -> r.DueDatesSet:
    return r.DueDatesSet(due=(due(clock, day),))


ASSIGNED = h.Assigned(lead="u-road", co_units=("u-light",), reason="⟦p1.name⟧所在小区")
SIGNED = h.SignedFor(unit="u-road", handler="s-handler")
OUTCOME = h.OutcomeReported(
    unit="u-road",
    answers=(v.DemandAnswer(demand="d1", outcome=OutcomeKind.RESOLVED, text="更换灯泡，电话13700003333"),),
)
DRAFTED = h.ReplyDrafted(text="⟦p1.name⟧您好，路灯已修复，咨询15900004444", salt="盐", digest="d" * 64)
APPROVED = h.ReplyApproved(digest="d" * 64)
DELIVERED = h.ReplyDelivered(digest="d" * 64, method=Delivery.SMS)
PUBLISHED = p.ResultPublished(title="路灯", text="已修复", digest="e" * 64, outlets=(Outlet.BOARD,))
WAIVED = p.PublicationWaived(ground=WaiverGround.PRIVACY, reason="涉及隐私")
NOT_SETTLED = c.OpinionGathered(
    respondent=Respondent.PETITIONER, method=ContactMethod.PHONE, settled=False, text="又不亮了"
)
SETTLED = c.OpinionGathered(respondent=Respondent.PETITIONER, method=ContactMethod.PHONE, settled=True)
ERASED = r.DataErased(ground=ErasureGround.UNLAWFUL, asked_by="s-intake")
ERASED_CHEN = r.DataErased(petitioner="p1", ground=ErasureGround.UNLAWFUL, asked_by="s-intake")
RESTRICTED = r.DataRestricted(ground=ErasureGround.CONSENT_WITHDRAWN, reason="本人申请")
RESTRICTED_CHEN = r.DataRestricted(petitioner="p1", ground=ErasureGround.CONSENT_WITHDRAWN, reason="本人申请")


def followed_up(solved: Solved = Solved.SOLVED) -> s.FollowedUp:
    return s.FollowedUp(
        respondent=Respondent.PETITIONER,
        method=ContactMethod.PHONE,
        solved=solved,
        satisfaction=Satisfaction.SATISFIED,
        text="⟦p2.name⟧接听",
    )


def opened(**given: object) -> Story:
    """A file of two petitioners who are also named in the text, accepted and assigned."""
    first = received(
        CHEN,
        LIU,
        title="⟦p1.name⟧反映路灯不亮",
        content="我是⟦p1.name⟧，住⟦p1.address⟧，路灯坏了，邻居电话13700003333",
        demand="请修路灯，联系⟦p2.phone⟧",
        legacy_number="旧-17",
        **given,  # type: ignore[arg-type]
    )
    story = Story().add(INTAKE, first, due_set(Clock.NOTICE, date(2026, 1, 20)))
    story.add(INTAKE, r.PetitionAccepted(notice=Delivery.SMS), due_set(Clock.HANDLE, date(2026, 2, 6)))
    return story.add(INTAKE, ASSIGNED, due_set(Clock.SIGN, date(2026, 1, 6)))


def replied(story: Story) -> Story:
    """The file's round up to the delivered reply."""
    story.add(HANDLER, SIGNED).add(HANDLER, h.ProgressNoted(text="已查看")).add(HANDLER, OUTCOME)
    return story.add(HANDLER, DRAFTED).add(APPROVER, APPROVED).add(HANDLER, DELIVERED)


def full() -> Story:
    """Twice round the loop with everything beside it, up to the archive."""
    story = opened()
    story.add(HANDLER, h.ExtensionAsked(days=3, reason="缺件", salt="salz", digest="d" * 64))
    story.add(
        APPROVER,
        h.ExtensionGranted(digest="d" * 64, days=3, due=due(Clock.HANDLE, date(2026, 2, 11)), notice=Delivery.SMS),
    )
    story.add(HANDLER, h.SuspensionAsked(until=date(2026, 1, 30), reason="等待供货"))
    story.add(APPROVER, h.SuspensionGranted(until=date(2026, 1, 30))).add(HANDLER, h.HandlingResumed())
    story.add(SUPERVISOR, s.ReminderSent(id="m1", unit="u-road", reason="抓紧办理"))
    story.add(HANDLER, s.ReminderAnswered(id="m1", text="正在办理"))
    order = s.SupervisionOrdered(
        id="o1", unit="u-road", level=OrderLevel.ROUTINE, deadline=date(2026, 1, 9), demand="尽快"
    )
    story.add(SUPERVISOR, order).add(HANDLER, s.SupervisionAnswered(id="o1", text="已安排"))
    story.add(SUPERVISOR, s.SupervisionEnded(id="o1"))
    replied(story)
    story.add(PUBLISHER, p.PublicationDrafted(title="路灯", text="已修复", salt="盐", digest="e" * 64))
    story.add(SECOND, p.PublicationApproved(digest="e" * 64)).add(PUBLISHER, PUBLISHED)
    story.add(CALLER, s.FollowUpMissed(method=ContactMethod.PHONE, attempt=1))
    story.add(CALLER, followed_up(Solved.UNSOLVED))
    story.add(CALLER, NOT_SETTLED, c.PetitionReopened(round=2, reason="又不亮了"))
    story.add(INTAKE, due_set(Clock.HANDLE, date(2026, 3, 2)))
    story.add(HANDLER, OUTCOME).add(HANDLER, DRAFTED).add(APPROVER, APPROVED).add(HANDLER, DELIVERED)
    story.add(INTAKE, s.ReviewAsked(kind=ReviewKind.REVIEW, body="b-district", reason="不服"))
    story.add(
        INTAKE,
        s.ReviewDecided(kind=ReviewKind.REVIEW, verdict=ReviewVerdict.UPHELD, text="维持", delivery=Delivery.POST),
    )
    story.add(PUBLISHER, WAIVED).add(CALLER, followed_up())
    return story.add(CALLER, SETTLED, c.PetitionClosed(summary="已办结"), c.FileArchived(archive_number=f"{NUMBER}-R2"))
