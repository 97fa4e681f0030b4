"""Who is not offered a task: the rule of the step that does it, asked of the file as it is when the list is read."""

from typing import Any

from psycopg import Connection

from domain.kernel import Actor
from domain.petition.events import exceptions as x
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.vocabulary import Role, Secrecy
from projections.worklist import Worklist
from projections.worklist_queries import counts, tasks
from tests.projections import sample_file as sample
from tests.projections.sample_file import APPROVER, CALLER, HANDLER, INTAKE, PUBLISHER, SECOND, Story
from tests.projections.tables_kit import live_and_rebuilt
from tests.projections.test_worklist import (
    ALL,
    IN_MARCH,
    LIGHT,
    LONGER_ASKED,
    PUBLICATION,
    REOPENED,
    WAIVER,
    waiting,
)


def test_nor_is_who_worked_after_the_task_was_there(connection: Connection[Any]) -> None:
    """The rule of the step is asked of the file as it is: whoever works meanwhile may not judge it any more."""

    def offered(story: Story, person: str) -> list[str]:
        waiting(connection, story)
        return [task.task for task in tasks(connection, ALL, [(Role.APPROVER, "u-road")], [person]).tasks]

    story = sample.opened().add(HANDLER, sample.SIGNED).add(HANDLER, LONGER_ASKED)
    assert offered(story, "s-both") == ["decide_extension"]
    story.add(Actor(id="s-both", role=Role.HANDLER, unit="u-road"), h.ProgressNoted(text="已到现场"))
    assert offered(story, "s-both") == []
    story.add(APPROVER, h.HandlerNamed(unit="u-road", handler="s-other"))
    assert offered(story, "s-approver") == ["decide_extension"]
    assert offered(story, "s-other") == []


def test_who_handled_an_earlier_round_judges_no_later_one(connection: Connection[Any]) -> None:
    story = sample.replied(sample.opened()).add(PUBLISHER, sample.PUBLISHED).add(CALLER, sample.followed_up())
    story.add(CALLER, sample.NOT_SETTLED, REOPENED)
    other = Actor(id="s-other", role=Role.HANDLER, unit="u-road")
    waiting(connection, story.add(other, sample.OUTCOME).add(other, sample.DRAFTED))

    def offered(person: str) -> list[str]:
        return [one.task for one in tasks(connection, ALL, [(Role.APPROVER, "u-road")], [person]).tasks]

    assert offered("s-handler") == offered("s-other") == []
    assert offered("s-approver") == ["approve_reply"], "who approved the first round's reply approves the second's"


def test_who_objected_for_a_unit_is_not_offered_the_dispute(connection: Connection[Any]) -> None:
    story = sample.opened().add(LIGHT, h.ReturnAsked(unit="u-light", reason="不属我单位"))
    story.add(INTAKE, h.DutyDisputed(units=("u-light", "u-road"), superior="u-street", reason="争议"))
    waiting(connection, story)
    for person, found in {"s-light": [], "s-head": ["decide_duty"]}.items():
        page = tasks(connection, ALL, [(Role.APPROVER, "u-street")], [person])
        assert [one.task for one in page.tasks] == found


ACCUSED, CLEARED = (r.PetitionCorrected(reason="更正", against=one) for one in ((v.Accused(unit="u-9"),), ()))


def for_the_public(connection: Connection[Any], story: Story) -> list[str]:
    """What a publisher and an approver who had no part in it are offered; counted as listed."""
    waiting(connection, story)
    grants = [(Role.PUBLISHER, None), (Role.APPROVER, "u-road")]
    found = [one.task for one in tasks(connection, ALL, grants, ["s-nobody"]).tasks]
    assert set(counts(connection, ALL, grants, ["s-nobody"], IN_MARCH)) == set(found)
    return found


def test_what_must_not_be_published_waits_for_a_waiver_not_for_a_draft(connection: Connection[Any]) -> None:
    for file in (sample.opened(secrecy=Secrecy.SECRET), sample.opened(against=(v.Accused(unit="u-9"),))):
        story = sample.replied(file)
        assert for_the_public(connection, story) == ["ask_waiver"]
        assert for_the_public(connection, story.add(PUBLISHER, WAIVER)) == ["decide_waiver"]
        assert for_the_public(connection, story.add(SECOND, x.WaiverRefused(reason="再议"))) == ["ask_waiver"]
        story.add(PUBLISHER, WAIVER)
        assert for_the_public(connection, story.add(SECOND, sample.WAIVED)) == []
    assert for_the_public(connection, sample.replied(sample.opened())) == ["draft_publication"]


def test_whom_a_file_accuses_later_takes_its_draft_off_the_list_until_that_is_over(connection: Connection[Any]) -> None:
    story = sample.replied(sample.opened()).add(PUBLISHER, PUBLICATION)
    assert for_the_public(connection, story) == ["approve_publication"]
    assert for_the_public(connection, story.add(INTAKE, ACCUSED)) == ["ask_waiver"]
    assert for_the_public(connection, story.add(INTAKE, CLEARED)) == ["approve_publication"]
    story.add(SECOND, p.PublicationApproved(digest="e" * 64)).add(INTAKE, ACCUSED).add(PUBLISHER, WAIVER)
    assert for_the_public(connection, story) == ["decide_waiver"]
    assert for_the_public(connection, story.add(INTAKE, ACCUSED)) == ["decide_waiver"], "asked for already"
    assert for_the_public(connection, story.add(INTAKE, CLEARED)) == ["decide_waiver", "publish"]
    live, rebuilt = live_and_rebuilt(connection, Worklist(), story.recorded)
    assert live == rebuilt


def test_what_was_published_needs_no_waiver_when_it_accuses_later(connection: Connection[Any]) -> None:
    story = sample.replied(sample.opened()).add(PUBLISHER, sample.PUBLISHED)
    assert for_the_public(connection, story.add(INTAKE, ACCUSED)) == ["take_down"]
    story.add(CALLER, sample.followed_up()).add(CALLER, sample.NOT_SETTLED, REOPENED)
    assert for_the_public(connection, story) == ["take_down"], "being handled, it has no result yet"
    assert for_the_public(connection, sample.replied(story)) == ["ask_waiver", "take_down"]
