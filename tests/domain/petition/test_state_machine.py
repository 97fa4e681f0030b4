"""Anybody does anything at any time: whatever comes of it, a file keeps its promises."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.errors import DomainError
from domain.kernel import Recorded, day_of, stamp
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS, ImportPetition, ReceivePetition
from domain.petition.events import exceptions as x
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.limits import BY_UNIT
from domain.petition.petition import Petition
from domain.petition.stages import LOOP, TRANSITIONS, Stage, stage_after
from domain.vocabulary import Clock, Role
from tests.domain.petition.plausible import NUMBERS, form
from tests.happened import in_closed, in_handling, in_publishing, in_recollecting, in_supervising, received
from tests.scenario import CAST, MONDAY, Steps, context, history, shanghai

ONWARD = (
    "take-up-imported",
    "accept-petition",
    "assign-petition",
    "sign-for",
    "resume-handling",
    "report-outcome",
    "draft-reply",
    "approve-reply",
    "deliver-reply",
    "ask-waiver",
    "approve-waiver",
    "draft-publication",
    "approve-publication",
    "publish-result",
    "follow-up",
    "recollect",
)
"""The way of a file, step by step."""
ANSWERING = (
    "grant-",
    "refuse-",
    "approve-",
    "answer-",
    "end-",
    "decide-",
    "hold-",
    "resume-",
    "unlink-",
    "correct-pub",
)
"""How the names of steps begin that take up what another step left waiting."""
ENDING = {
    name
    for name, kind in STEPS.items()
    if stage_after(kind.event) not in {*LOOP, None} or name in {"withdraw-petition", "restrict-data", "ask-erasure"}
}
PASTS: list[list[Steps]] = [
    [received()],
    in_handling(),
    in_publishing(),
    in_supervising(),
    in_recollecting(),
    in_closed(),
]


class Loop(RuleBasedStateMachine):
    """Two files, the whole cast, and a calendar that moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = shanghai(MONDAY, 10)
        self.files = {number: Petition(number) for number in NUMBERS}
        self.histories: dict[str, list[Recorded]] = {number: [] for number in NUMBERS}

    @initialize(data=st.data(), past=st.sampled_from(PASTS))
    def two_files_come_in(self, data: st.DataObject, past: list[Steps]) -> None:
        """One has gone part of its way already; the other is taken in or imported now."""
        first, second = NUMBERS
        self.histories[first] = history(*past, number=first)
        self.files[first].fold(self.histories[first])
        beginnings: list[type[PetitionCommand]] = [ReceivePetition, ReceivePetition, ImportPetition]
        kind = data.draw(st.sampled_from(beginnings))
        fields = form(data.draw, kind, self.files[second], MONDAY)
        fields |= {"occurred_at": None, "place": None, "category": None}
        if kind is ReceivePetition:
            demands = [{**one, "category": None} for one in fields["demands"]]
            fields |= {"attachments": (), "arises_from": None, "demands": demands}
        self.take(second, kind.model_validate(fields), "wu" if kind is ReceivePetition else "system")

    @rule(days=st.integers(0, 12))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days, hours=1)

    @rule(data=st.data(), number=st.sampled_from(NUMBERS), steps=st.integers(1, 4))
    def it_goes_on(self, data: st.DataObject, number: str, steps: int) -> None:
        """The step that leads furthest along the loop, by somebody who may take it."""
        for _ in range(steps):
            open_to = self.open_to(number, ONWARD)
            if open_to:
                furthest = max((name for name, _ in open_to), key=ONWARD.index)
                who = data.draw(st.sampled_from([who for name, who in open_to if name == furthest]))
                self.take(number, self.filled(data, number, furthest), who)

    @rule(data=st.data(), number=st.sampled_from(NUMBERS), steps=st.integers(1, 4))
    def somebody_does_what_they_may(self, data: st.DataObject, number: str, steps: int) -> None:
        """Any step that stands open; one that ends the file only now and then."""
        for _ in range(steps):
            open_to = self.open_to(number, STEPS)
            kept = ENDING if data.draw(st.integers(0, 19)) else set()
            names = sorted({name for name, _ in open_to} - kept)
            waited_for = [name for name in names if name.startswith(ANSWERING)]
            if names:
                first = bool(waited_for) and data.draw(st.integers(0, 1)) == 1
                name = data.draw(st.sampled_from(waited_for if first else names))
                who = data.draw(st.sampled_from([who for one, who in open_to if one == name]))
                self.take(number, self.filled(data, number, name), who)

    @rule(
        data=st.data(),
        number=st.sampled_from(NUMBERS),
        name=st.sampled_from(sorted(STEPS)),
        who=st.sampled_from(sorted(CAST)),
        deputy_of=st.lists(st.sampled_from(sorted(set(CAST) - {"zhou", "system"})), max_size=1),
    )
    def somebody_tries_anything(
        self, data: st.DataObject, number: str, name: str, who: str, deputy_of: list[str]
    ) -> None:
        self.take(number, self.filled(data, number, name), who, deputy_of)

    def open_to(self, number: str, names: Iterable[str]) -> list[tuple[str, str]]:
        """Which of these steps stand open, and for whom."""
        worlds = {who: context(who, now=self.now) for who in sorted(CAST)}
        return [
            (name, who)
            for name in names
            for who, world in worlds.items()
            if not isinstance(STEPS[name].barred(self.files[number], world), DomainError)
        ]

    def filled(self, data: st.DataObject, number: str, name: str) -> PetitionCommand:
        """A step with its fields."""
        return STEPS[name].model_validate(form(data.draw, STEPS[name], self.files[number], day_of(self.now)))

    def take(self, number: str, command: PetitionCommand, who: str, deputy_of: list[str] | None = None) -> None:
        """Carry the step out on one file, and on the other where it concerns both, or see it refused."""
        file, before = self.files[number], deepcopy(vars(self.files[number]))
        world = context(who, now=self.now, standing_in=deputy_of or ())
        refused: DomainError | None = None
        try:
            taken = command.execute(file, world)
            other = self.files.get(getattr(command, command.beside)) if command.beside else None
            if command.beside and other is None:
                return  # the desk refuses a number that it does not know
            beside = command.execute_beside(other, file) if other is not None else ()
        except DomainError as error:
            refused = error
        if refused is not None:
            assert vars(file) == before
            assert "{" not in refused.text("zh") + refused.text("en")
            return
        known = {one.name for one in command.persons(file) if isinstance(one.name, str)}
        for fact in taken.facts:
            text = fact.model_dump_json(exclude={"petitioners"})
            assert not any(name in text for name in known), "a name must stand behind a reference"
        writes = [(file, taken.facts)] + ([(other, beside)] if other is not None else [])
        for changed, facts in writes:
            recorded = list(
                stamp(
                    facts,
                    stream=changed.number,
                    after=changed.version,
                    context=taken.context,
                    occurred_at=taken.occurred_at,
                    backdated_because=taken.backdated_because,
                )
            )
            changed.fold(recorded)
            self.histories[changed.number] += recorded

    @invariant()
    def replay_equals_live(self) -> None:
        for number, past in self.histories.items():
            assert vars(Petition(number).fold(past)) == vars(self.files[number])

    @invariant()
    def facts_survive_storing(self) -> None:
        for past in self.histories.values():
            for one in past[-6:]:
                assert type(one.fact).model_validate(one.fact.model_dump(mode="json")) == one.fact

    @invariant()
    def stages_follow_the_table_and_rounds_only_grow(self) -> None:
        for number, past in self.histories.items():
            stage: Stage | None = None
            rounds = [0]
            for one in past:
                kind = type(one.fact)
                assert stage is None or stage in TRANSITIONS[kind].may_follow
                stage = stage_after(kind) or stage
                rounds += [one.fact.round] if isinstance(one.fact, c.PetitionReopened) else []
            assert stage is self.files[number].stage
            assert rounds == sorted(set(rounds))
            assert all(two - one in {1, 2} for one, two in pairwise(rounds))

    @invariant()
    def versions_have_no_gap(self) -> None:
        for number, past in self.histories.items():
            assert [one.version for one in past] == list(range(1, len(past) + 1))
            assert self.files[number].version == len(past)

    @invariant()
    def nothing_closes_before_it_was_published_and_followed_up(self) -> None:
        for past in self.histories.values():
            published = followed_up = False
            for one in past:
                match one.fact:
                    case p.ResultPublished() | p.PublicationWaived():
                        published = True
                    case s.FollowedUp():
                        followed_up = True
                    case c.PetitionClosed():
                        assert published
                        assert followed_up
                    case c.PetitionReopened():
                        published = followed_up = False

    @invariant()
    def nobody_judges_their_own_work(self) -> None:
        for past in self.histories.values():
            worked: set[str] = set()
            approved: set[str] = set()
            drafted: set[str] = set()
            for one in past:
                persons = {one.actor.id, one.actor.on_behalf_of} - {None}
                match one.fact:
                    case h.HandlerNamed(handler=handler) if one.actor.role is Role.APPROVER:
                        worked |= {handler}
                    case h.SignedFor(handler=handler) | h.HandlerNamed(handler=handler):
                        worked |= {handler, *filter(None, persons)}
                    case h.HouseholdVisited(visitors=visitors):
                        worked |= {*visitors, *filter(None, persons)}
                    case (
                        h.ProgressNoted()
                        | h.OutcomeReported()
                        | h.ReplyDrafted()
                        | h.ResidentContacted()
                        | h.ReplyDelivered()
                        | h.ExtensionAsked()
                        | h.SuspensionAsked()
                    ):
                        worked |= set(filter(None, persons))
                    case h.ReplyApproved():
                        assert not persons & worked
                        approved |= set(filter(None, persons))
                    case (
                        h.ReplySentBack()
                        | h.ExtensionGranted()
                        | h.ExtensionRefused()
                        | h.SuspensionGranted()
                        | h.SuspensionRefused()
                        | p.PublicationWaived()
                        | x.WaiverRefused()
                    ):
                        assert not persons & worked
                    case p.PublicationDrafted():
                        drafted = set(filter(None, persons))
                        assert not persons & (worked | approved)
                    case p.PublicationApproved() | p.PublicationSentBack():
                        assert not persons & (drafted | worked)
                    case (
                        p.ResultPublished()
                        | p.PublicationCorrected()
                        | s.FollowedUp()
                        | s.FollowUpMissed()
                        | c.OpinionGathered()
                        | s.ReviewDecided()
                    ):
                        assert not persons & (worked | approved)

    @invariant()
    def the_accused_do_nothing(self) -> None:
        for past in self.histories.values():
            accused: set[str] = set()
            for one in past:
                assert one.actor.unit not in accused
                match one.fact:
                    case r.PetitionReceived(against=against) | r.PetitionCorrected(against=against) if (
                        against is not None
                    ):
                        accused = {unit for them in against for unit in (them.unit, *them.staff_units) if unit}
                    case h.Assigned(lead=lead, co_units=co_units):
                        assert not accused & {lead, *co_units}

    @invariant()
    def clocks_run_where_they_belong(self) -> None:
        review = {Clock.REVIEW_ASK, Clock.REVIEW, Clock.RE_REVIEW_ASK, Clock.RE_REVIEW, Clock.ORDER}
        for file in self.files.values():
            for key, due in file.due.items():
                assert due.key == key
                assert due.start <= due.due
                assert due.clock not in BY_UNIT or due.of in file.units
            running = {due.clock for due in file.due.values()}
            if file.stage is Stage.CLOSED:
                assert running <= review
            elif file.stage not in LOOP:
                assert not running
            elif file.stage is not Stage.HANDLING:
                assert Clock.HANDLE not in running
                assert Clock.SIGN not in running
            if file.stage in {Stage.RECEIVING, Stage.HANDLING, Stage.PUBLISHING}:
                assert Clock.FOLLOW_UP not in running
            if file.stage is not Stage.RECEIVING:
                assert Clock.NOTICE not in running


Loop.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # making so long a story shorter takes minutes
)
TestLoop = Loop.TestCase
