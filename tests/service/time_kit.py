"""An office whose clock the test sets: the real desk on a real database, with a runner that feeds the projections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from domain.kernel import SHANGHAI
from domain.petition.command import PetitionCommand
from domain.petition.events import supervising as s
from domain.petition.intake import ReceivePetition
from domain.petition.petition import Petition
from service.access import Caller
from service.parts import Parts
from service.parts import opened as put_together
from service.settings import Settings
from service.tick import Done, tick
from tests.service.api_kit import staffed


def at(text: str) -> datetime:
    """A time of day in Shanghai, as `2026-10-09T08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@dataclass(slots=True)
class Hands:
    """The clock of the office: it shows what the test says."""

    now: datetime

    def __call__(self) -> datetime:
        """The time."""
        return self.now


@dataclass(slots=True)
class TimedOffice:
    """The parts with their clock, and the staff of `api_kit` as callers."""

    parts: Parts
    clock: Hands
    callers: dict[str, Caller] = field(default_factory=dict)

    def turn(self, text: str) -> TimedOffice:
        """Set the clock."""
        self.clock.now = at(text)
        return self

    def who(self, name: str) -> Caller:
        """A member of staff, with the roles that they have since long ago."""
        if name not in self.callers:
            self.callers[name] = self.parts.access.of_staff(name, "token")
        return self.callers[name]

    def receive(self, **fields: object) -> str:
        """A petition comes in; its number."""
        body = {"channel": "hotline", "nature": "complaint", "title": "路灯不亮", "content": "路灯坏了。"} | fields
        command = ReceivePetition.model_validate(body)
        return self.parts.desk.receive(self.who("intake"), command, request_id="r").number

    def take(self, name: str, number: str, command: PetitionCommand) -> None:
        """Somebody takes a step."""
        self.parts.desk.take(self.who(name), number, command, request_id="r")

    def tick(self, text: str | None = None) -> Done:
        """Turn the clock and tick."""
        if text is not None:
            self.turn(text)
        done = tick(self.parts)
        assert done is not None
        return done

    def petition(self, number: str) -> Petition:
        """The file as it is."""
        return self.parts.store.fold(Petition(number))

    def by_system(self, number: str) -> list[tuple[str, str, datetime]]:
        """What the service did on a file: the topic, what about, when it happened."""
        found = []
        for one in self.parts.store.history(number):
            match one.fact:
                case s.ReminderSent(clock=str(clock), overdue=overdue):
                    about = clock if overdue else f"{clock} today"
                case s.SupervisionOrdered(clock=clock, failed_rounds=failed) if clock or failed:
                    about = clock or f"{failed} failed"
                case _:
                    continue
            assert one.actor.id == "system"
            assert one.occurred_at is not None
            assert one.occurred_at == one.recorded_at
            found.append((one.fact.TOPIC.removeprefix("petition."), about, one.occurred_at))
        return found


@contextmanager
def timed_office(url: str, folder: Path, start: str) -> Iterator[TimedOffice]:
    """An office with the sample rulebook whose clock shows `start`."""
    clock = Hands(at(start))
    settings = Settings(data_dir=folder, database_url=url)
    with put_together(url, settings, clock) as parts, staffed(parts):
        yield TimedOffice(parts, clock)
