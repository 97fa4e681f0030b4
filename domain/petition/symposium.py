"""座谈会: one meeting raises many petitions; each gets a number and a file of its own, and names the meeting."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import Field, field_validator

from domain.kernel import Command
from domain.petition.command import Line
from domain.petition.intake import ReceivePetition, SourceForm
from domain.vocabulary import Channel, Role

MOST_AT_ONCE = 200


class RaisedPetition(ReceivePetition):
    """One petition that the meeting raised, as it would be taken in alone; channel and source are the meeting's."""

    channel: Channel = Field(Channel.SYMPOSIUM, title="渠道")

    @field_validator("channel")
    @classmethod
    def _through_the_meeting(cls, channel: Channel) -> Channel:
        """No other channel."""
        if channel is not Channel.SYMPOSIUM:
            raise ValueError("座谈会上提出的只能是座谈会渠道 / what a symposium raises comes through it")
        return channel

    @field_validator("source")
    @classmethod
    def _told_once(cls, source: SourceForm | None) -> SourceForm | None:
        """The meeting is told for all of them."""
        if source is not None:
            raise ValueError("由座谈会统一写明，不另填 / the source is the meeting, which is told once")
        return source


class RaiseAtSymposium(Command):
    """座谈会登记: take in all petitions that one meeting raised, all or none.

    Whoever enters the meeting's list has it in hand: a list of which half is in would have to be gone through by hand.
    So nothing is taken in while one of them is refused, and every row's mistakes are named at once.
    """

    title: ClassVar[str] = "座谈会登记"
    roles: ClassVar[frozenset[Role]] = ReceivePetition.roles

    meeting: Line = Field(title="座谈会")
    held_on: date = Field(title="召开日期")
    venue: Line | None = Field(None, title="会场")
    attendants: Line | None = Field(None, title="参加人员", description="Bodies and how many came: no residents' names")
    petitions: tuple[RaisedPetition, ...] = Field(title="提出的事项", min_length=1, max_length=MOST_AT_ONCE)

    def each(self) -> tuple[ReceivePetition, ...]:
        """The petitions, each with its source."""
        source = SourceForm(meeting=self.meeting, held_on=self.held_on, venue=self.venue, attendants=self.attendants)
        return tuple(one.model_copy(update={"source": source}) for one in self.petitions)
