"""Who is not offered a task: the rule of the step that does it, asked of the file as it is when the list is read."""

from typing import Any

from psycopg import Connection

from domain.kernel import Actor
from domain.petition.events import handling as h
from domain.vocabulary import Role
from projections.worklist_queries import tasks
from tests.projections import sample_file as sample
from tests.projections.sample_file import APPROVER, CALLER, HANDLER, INTAKE, PUBLISHER, Story
from tests.projections.test_worklist import ALL, LIGHT, LONGER_ASKED, REOPENED, connection, waiting

__all__ = ["connection"]


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
