"""Where a file may stand and what may follow there: every event and every step, in every stage."""

import pytest

from domain.errors import DomainError, WrongStage
from domain.kernel import Event, Recorded
from domain.petition.commands import STEPS
from domain.petition.events import exceptions as x
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events.values import DemandAnswer
from domain.petition.petition import TAKING, Petition
from domain.petition.recollecting import Recollect
from domain.petition.stages import BEGINNINGS, LOOP, TRANSITIONS, Stage, may_follow, open_stage, stage_after
from domain.vocabulary import Clock, Nature, Respondent, ReviewKind
from tests.domain.petition.samples import facts, sample
from tests.happened import (
    accepted,
    approved,
    assigned,
    decline_asked,
    disputed,
    drafted,
    imported,
    in_closed,
    in_handling,
    in_publishing,
    in_recollecting,
    in_supervising,
    letter_issued,
    notice_waiver_asked,
    ordered,
    received,
    reminded,
    reply_approved,
    reply_drafted,
    reported,
    return_asked,
    return_refused,
    review_asked,
    running,
    signed,
    step,
    suspended,
    voided,
    voiding_asked,
    waiver_asked,
    withdrawn,
)
from tests.scenario import CAST, MONDAY, Steps, context, flat, given, history, shanghai

ENDS: dict[Stage, type[Event]] = {
    Stage.DECLINED: r.PetitionDeclined,
    Stage.REFERRED: r.PetitionReferred,
    Stage.ANSWERED: r.AnsweredAtOnce,
    Stage.STEERED: r.PetitionSteered,
    Stage.NO_LONGER_ACCEPTED: r.PetitionNoLongerAccepted,
}
REACHED: dict[Stage, list[Steps]] = {
    Stage.RECEIVING: [received()],
    Stage.HANDLING: in_handling(),
    Stage.PUBLISHING: in_publishing(),
    Stage.SUPERVISING: in_supervising(),
    Stage.RECOLLECTING: in_recollecting(),
    Stage.CLOSED: in_closed(),
    Stage.WITHDRAWN: [in_handling(), withdrawn()],
    Stage.VOIDED: [received(), voided()],
    Stage.IMPORTED: [imported()],
    **{stage: [received(), step(sample(end), by="wu")] for stage, end in ENDS.items()},
}
PETITION_FACTS = [kind for kind in facts() if kind.TOPIC.startswith("petition.")]

ONLY_RECORDED = {
    r.MeetingDecided: "what a meeting decided binds nobody's next step",
    r.IdentityChecked: "only the verdict is kept, for who reads the file",
    c.OpinionGathered: "closing or reopening follows it as a fact of its own",
    h.ReplyImported: "history; no step comes of it",
}
"""Facts that change nothing that a rule asks about, with the reason."""

LED_TO = {
    "petition.received": Stage.RECEIVING,
    "petition.imported": Stage.IMPORTED,
    "petition.imported_taken_up": Stage.RECEIVING,
    "petition.accepted": Stage.HANDLING,
    "petition.declined": Stage.DECLINED,
    "petition.referred": Stage.REFERRED,
    "petition.answered_at_once": Stage.ANSWERED,
    "petition.steered": Stage.STEERED,
    "petition.withdrawn": Stage.WITHDRAWN,
    "petition.no_longer_accepted": Stage.NO_LONGER_ACCEPTED,
    "petition.number_voided": Stage.VOIDED,
    "petition.reply_delivered": Stage.PUBLISHING,
    "petition.result_published": Stage.SUPERVISING,
    "petition.publication_waived": Stage.SUPERVISING,
    "petition.followed_up": Stage.RECOLLECTING,
    "petition.closed": Stage.CLOSED,
    "petition.reopened": Stage.HANDLING,
}
"""The arrows of the loop and its ends; every other fact leaves the file where it stands."""


def beside(stage: Stage) -> list[Steps]:
    """A file in the stage, with what runs beside it wherever that is possible."""
    begin, *rest = flat(REACHED[stage])
    orders = [reminded(), ordered()] if stage is not Stage.IMPORTED else []
    letters = [letter_issued()] if may_follow(r.LetterIssued, stage) else []
    review = [review_asked()] if may_follow(s.ReviewAsked, stage) else []
    return [begin, *orders, *letters, *rest, *review]


def one_more(file: Petition, fact: Event) -> Recorded:
    at = shanghai(MONDAY, 18)
    recorded = history(step(fact, by="wu"), number=file.number)[0]
    return Recorded(
        stream=file.number,
        version=file.version + 1,
        fact=fact,
        actor=recorded.actor,
        occurred_at=at,
        recorded_at=at,
        request_id=recorded.request_id,
        command_id=recorded.command_id,
    )


def fitting(kind: type[Event]) -> Event:
    """A fact of this kind that names what `beside` put on the file."""
    match kind:
        case s.ReminderAnswered:
            return sample(kind, id="r1")
        case s.SupervisionAnswered | s.SupervisionEnded:
            return sample(kind, id="o1")
        case s.HearingHeld | s.ReviewDecided:
            return sample(kind, kind=ReviewKind.REVIEW)
        case r.LetterServed:
            return sample(kind, letter="acceptance-2026-1")
        case h.OutcomeReported:
            return sample(kind, answers=(sample(DemandAnswer, demand="d1"),))
        case c.PetitionReopened:
            return sample(kind, round=2)
        case _:
            return sample(kind)


@pytest.mark.parametrize("stage", Stage)
def test_there_is_a_way_into_every_stage(stage: Stage) -> None:
    assert given(*REACHED[stage]).petition.stage is stage
    assert open_stage(stage) == (stage in LOOP)


def test_every_fact_of_a_petition_stands_in_the_table_once() -> None:
    assert sorted(kind.TOPIC for kind in (*TRANSITIONS, *BEGINNINGS)) == sorted(kind.TOPIC for kind in PETITION_FACTS)


def test_facts_lead_where_the_loop_goes_and_nowhere_else() -> None:
    led = {kind.TOPIC: after for kind in PETITION_FACTS if (after := stage_after(kind))}
    assert led == LED_TO


@pytest.mark.parametrize("kind", PETITION_FACTS, ids=lambda kind: kind.TOPIC)
def test_only_a_beginning_opens_a_file(kind: type[Event]) -> None:
    file = Petition("HY-2026-000009")
    if kind in {r.PetitionReceived, r.PetitionImported}:
        assert may_follow(kind, None)
        assert file.fold([one_more(file, sample(kind))]).stage is LED_TO[kind.TOPIC]
    else:
        assert not may_follow(kind, None)
        with pytest.raises(ValueError, match=kind.TOPIC):
            file.fold([one_more(file, sample(kind))])


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("kind", PETITION_FACTS, ids=lambda kind: kind.TOPIC)
def test_what_may_follow(kind: type[Event], stage: Stage) -> None:
    """The table says it, and the aggregate holds to it."""
    allowed = kind in TRANSITIONS and stage in TRANSITIONS[kind].may_follow
    assert may_follow(kind, stage) == allowed
    file = given(*beside(stage)).petition
    one = one_more(file, fitting(kind))
    if allowed:
        assert file.fold([one]).stage is (TRANSITIONS[kind].leads_to or stage)
    else:
        version = file.version
        with pytest.raises(ValueError, match=kind.TOPIC):
            file.fold([one])
        assert (file.stage, file.version) == (stage, version)


@pytest.mark.parametrize("kind", TRANSITIONS, ids=lambda kind: kind.TOPIC)
def test_every_fact_changes_the_state_or_is_known_not_to(kind: type[Event]) -> None:
    stages = sorted(TRANSITIONS[kind].may_follow, key=list(Stage).index)
    stage = SEEN_IN.get(kind, stages[0])
    file, same = given(*beside(stage)).petition, given(*beside(stage)).petition
    if kind in NEEDS:
        for other in (file, same):
            other.fold([one_more(other, NEEDS[kind])])
    file.fold([one_more(file, fitting(kind))])
    changed = {name for name, value in vars(file).items() if value != vars(same)[name]} - {"version"}
    assert bool(changed) == (kind not in ONLY_RECORDED)


NEEDS: dict[type[Event], Event] = {
    r.DueDatesLifted: sample(r.DueDatesSet),
    r.DuplicateUnlinked: sample(r.DuplicateLinked),
    r.DuplicateReleased: sample(r.DuplicateAdopted),
    r.RestrictionLifted: sample(r.DataRestricted),
    x.DeclineRefused: sample(x.DeclineAsked),
    x.NoticeWaiverRefused: sample(x.NoticeWaiverAsked),
    x.VoidingRefused: sample(x.VoidingAsked),
    x.WaiverRefused: sample(x.WaiverAsked),
    h.DutyDecided: sample(h.DutyDisputed),
    h.ReturnGranted: sample(h.ReturnAsked),
    h.ReturnRefused: sample(h.ReturnAsked),
    h.ExtensionRefused: sample(h.ExtensionAsked),
    h.SuspensionRefused: sample(h.SuspensionAsked),
    h.HandlingResumed: sample(h.SuspensionGranted),
    h.SuperiorAnswered: sample(h.EscalatedUpward),
    h.ReplyApproved: sample(h.ReplyDrafted),
    h.ReplySentBack: sample(h.ReplyDrafted),
    p.PublicationApproved: sample(p.PublicationDrafted),
    p.PublicationSentBack: sample(p.PublicationDrafted),
}
"""The fact without which another one has nothing to change."""
SEEN_IN = {p.PublicationWithdrawn: Stage.SUPERVISING, h.SuperiorAnswered: Stage.HANDLING}
"""Where a fact has something to change, if not in the first stage in which it may happen."""


BESIDE_THE_END = [
    (kind, stage)
    for stage in (Stage.RECOLLECTING, Stage.CLOSED)
    for kind, row in TRANSITIONS.items()
    if stage in row.may_follow and row.leads_to is None
]


@pytest.mark.parametrize(("kind", "stage"), BESIDE_THE_END, ids=lambda one: getattr(one, "TOPIC", str(one)))
def test_nothing_that_anybody_does_blocks_reopening(kind: type[Event], stage: Stage) -> None:
    """Whatever else is on the file, "not settled" sends it round again, by a caller or by intake."""
    file = given(*beside(stage)).petition
    if kind in NEEDS and may_follow(type(NEEDS[kind]), stage):
        file.fold([one_more(file, NEEDS[kind])])
    file.fold([one_more(file, fitting(kind))])
    for who in ("song", "xu"):
        for respondent in Respondent:
            again = Recollect(respondent=respondent, settled=False, text="仍未解决")
            facts = again.execute(file, context(who, now=shanghai(MONDAY, 20))).facts
            assert c.PetitionReopened in map(type, facts)


@pytest.mark.parametrize("stage", [Stage.RECEIVING, Stage.HANDLING, Stage.PUBLISHING, Stage.SUPERVISING])
@pytest.mark.parametrize("who", sorted(CAST))
def test_nobody_in_any_role_closes_early(who: str, stage: Stage) -> None:
    """The only fact that closes follows only re-collection, and no step that anybody may take leads there before."""
    file = given(*beside(stage))
    world = context(who, now=file.now)
    open_to = [kind for kind in STEPS.values() if not isinstance(kind.barred(file.petition, world), DomainError)]
    assert not [kind for kind in open_to if TRANSITIONS[kind.event].leads_to is Stage.CLOSED]
    assert not may_follow(c.PetitionClosed, stage)
    refused = file.when(Recollect(settled=True, text="都好"), by=who).refusal
    assert refused is not None


def everybody(stage: Stage) -> dict[str, dict[str, DomainError | None]]:
    """Who is refused which step in a stage, and why."""
    file = given(*REACHED[stage])
    worlds = {who: context(who, now=file.now) for who in CAST}
    return {
        name: {
            who: (found if isinstance(found := kind.barred(file.petition, world), DomainError) else None)
            for who, world in worlds.items()
        }
        for name, kind in STEPS.items()
    }


@pytest.mark.parametrize("stage", Stage)
def test_a_step_in_the_wrong_stage_is_nobodys(stage: Stage) -> None:
    for name, answers in everybody(stage).items():
        if may_follow(STEPS[name].event, stage):
            assert not any(isinstance(one, WrongStage) for one in answers.values()), name
        else:
            assert all(answers.values()), name


def test_every_step_is_told_that_the_stage_is_wrong() -> None:
    """To whom the role would be theirs; a step of units also says so once the file is with one."""
    seen = {
        name
        for stage in Stage
        for name, answers in everybody(stage).items()
        if any(isinstance(one, WrongStage) for one in answers.values())
    }
    anywhere = {name for name, kind in STEPS.items() if TRANSITIONS[kind.event].may_follow == frozenset(Stage)}
    assert seen == set(STEPS) - anywhere


MOMENTS: list[list[Steps]] = [
    *(beside(stage) for stage in Stage),
    [received(nature=Nature.CONSULT, demands=())],
    [received(), step(sample(r.DuplicateLinked), by="wu")],
    [received(), decline_asked(), notice_waiver_asked(), voiding_asked()],
    [received(), accepted(), assigned()],
    [in_handling(), return_asked()],
    [received(), accepted(), assigned(), return_asked(), return_refused()],
    [received(), accepted(), assigned(), disputed("MS", "WY")],
    [received(), accepted(), assigned("MS", "WY"), signed("WY", by="gu")],
    [in_handling(), running(Clock.HANDLE)],
    [in_handling(), step(sample(h.ExtensionAsked), by="chen")],
    [in_handling(), step(sample(h.SuspensionAsked), by="chen")],
    [in_handling(), suspended()],
    [in_handling(), step(sample(h.EscalatedUpward), by="chen")],
    [in_handling(), reported()],
    [in_handling(), reported(), reply_drafted()],
    [in_handling(), reported(), reply_drafted(), reply_approved()],
    [in_publishing(), waiver_asked()],
    [in_publishing(), drafted()],
    [in_publishing(), drafted(), approved()],
    [in_supervising(), drafted(digest="f" * 64), approved(digest="f" * 64)],
    [in_recollecting(), step(sample(c.PetitionReopened, round=4), by="zhao")],
    [in_closed(), step(sample(r.ErasureAsked), by="xu")],
    [in_closed(), step(sample(r.DataRestricted), by="xu")],
]
"""Files at moments that between them offer every step there is."""


def test_every_step_is_somebodys_somewhere() -> None:
    files = [given(*steps) for steps in MOMENTS]
    offered = {name for name, kind in STEPS.items() if any(file.offers(kind, who) for file in files for who in CAST)}
    assert offered == set(STEPS)


def test_every_event_of_the_table_is_some_steps_main_or_side_effect() -> None:
    main = {kind.event for kind in STEPS.values()}
    side = {
        r.DueDatesSet: "by whatever starts a clock",
        r.DueDatesLifted: "when it is classified as something without that limit",
        r.DuplicateAdopted: "on the second file of a link",
        r.DuplicateReleased: "on the second file of a link undone",
        c.PetitionClosed: "when all is settled",
        c.FileArchived: "when the file is closed",
        c.PetitionReopened: "when it is not settled, or a reply is revoked",
    }
    assert main.isdisjoint(side)
    assert main | set(side) == set(TRANSITIONS)


def test_the_facts_of_every_stem_are_taken_in() -> None:
    stems = {event.__module__ for event in (*TRANSITIONS, *BEGINNINGS)}
    assert stems - set(TAKING) == {x.__name__}, "those are for `take_exceptions`, which looks at all facts"
