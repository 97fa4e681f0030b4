"""Carrying out what concerns no petition: the rulebook and the staff, by an administrator or by the command line."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from domain.clocks import CalendarYear
from domain.errors import DomainError, NotPossibleNow, RolesConflict, Stale, UnknownStaff
from domain.kernel import Actor, Aggregate, Context, Event, day_of, stamp
from domain.rulebook import STREAM, AdoptRulebook, PublishCalendar, Rulebook, RulebookAdopted, RulebookContent
from domain.staff import (
    TWO_PEOPLE,
    GrantRole,
    NameDeputy,
    Staff,
    StaffCommand,
    staff_stream,
    supervision_mixed,
)
from domain.staff_access import AskRole
from domain.staff_events import RoleGranted
from domain.vocabulary import Role
from service.access import Caller
from service.append import Append, StreamWrite
from service.parts import Parts

SAMPLE_FOLDERS = (Path(__file__).with_name("samples"), Path(__file__).parents[1] / "ops" / "samples")
"""Where the samples are: in the package as it is installed; in a checkout only where they are edited."""

SAMPLE_NOTE = "样例规则手册 / the sample rulebook"


def adopt_rulebook(
    parts: Parts,
    content: RulebookContent,
    note: str,
    *,
    caller: Caller | None = None,
    request_id: str = "cli",
    expected: int | None = None,
) -> int:
    """Put a rulebook in force and return its version; raises the DomainError that forbids it.

    `expected` is the version that the caller has seen: `Stale` if another one is in force by now.
    """
    rulebook = parts.store.fold(Rulebook())
    if expected is not None and rulebook.version != expected:
        raise Stale
    context = _context(parts, content, rulebook.version, caller, request_id)
    return _append(parts, rulebook, AdoptRulebook(content=content, note=note).decide(rulebook, context), context)


def try_rulebook(parts: Parts, content: RulebookContent) -> None:
    """Raise what `adopt_rulebook` would, and change nothing."""
    rulebook = parts.store.fold(Rulebook())
    context = _context(parts, content, rulebook.version)
    tuple(AdoptRulebook(content=content, note="-").decide(rulebook, context))


def publish_calendar(
    parts: Parts, year: int, calendar: CalendarYear, *, caller: Caller | None = None, request_id: str = "cli"
) -> int:
    """Enter a year's days off and make-up days; returns the rulebook's new version."""
    in_force = parts.rulebooks.current()
    rulebook = parts.store.fold(Rulebook())
    context = _context(parts, in_force.content, in_force.version, caller, request_id)
    return _append(parts, rulebook, PublishCalendar(year=year, calendar=calendar).decide(rulebook, context), context)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the rulebook: who brought it about and when, with which note; a calendar's is the year it is for."""

    number: int
    recorded_at: datetime
    by: str
    note: str
    content: RulebookContent


def rulebook_versions(parts: Parts) -> list[Version]:
    """Every version of the rulebook, newest first, each with its whole content."""
    rulebook, versions = Rulebook(), []
    for recorded in parts.store.history(STREAM):
        rulebook.fold([recorded])
        assert rulebook.content is not None
        fact = recorded.fact
        note = fact.note if isinstance(fact, RulebookAdopted) else str(getattr(fact, "year", ""))
        versions.append(Version(recorded.version, recorded.recorded_at, recorded.actor.id, note, rulebook.content))
    return versions[::-1]


def calendars_in(text: str) -> dict[int, CalendarYear]:
    """The notices in a TOML text, written like the rulebook's [calendars.YEAR]; empty where it holds none.

    Raises ValueError (a ValidationError, a TOMLDecodeError) for what cannot be read.
    """
    given = tomllib.loads(text).get("calendars", {})
    return {int(year): CalendarYear.model_validate(notice) for year, notice in given.items()}


def sample(name: str) -> str:
    """The text of a sample file: `rulebook.toml`, `demo.toml`, `demo-petitions.toml`, `replies.toml`."""
    folder = next(folder for folder in SAMPLE_FOLDERS if folder.is_dir())
    return (folder / name).read_text("utf-8")


def adopt_sample(parts: Parts) -> bool:
    """Put the sample rulebook in force where there is none; whether that was so."""
    if parts.store.fold(Rulebook()).content is not None:
        return False
    content = RulebookContent.from_toml(sample("rulebook.toml"))
    try:
        adopt_rulebook(parts, content, SAMPLE_NOTE)
    except Stale:  # another process was first
        return False
    return True


def new_staff_id() -> str:
    """A staff id that nobody has and that says nothing of its holder."""
    return f"s-{secrets.token_hex(5)}"


def staff_steps(
    parts: Parts, staff_id: str, *commands: StaffCommand, caller: Caller | None = None, request_id: str = "cli"
) -> int:
    """Take steps on a member of staff, all or none, and return the position of the last event.

    Without a `caller` it is the command line. Raises the DomainError that forbids one.
    """
    in_force = parts.rulebooks.current()
    staff = Staff(staff_stream(staff_id))
    before = parts.store.fold(staff).version
    context = _context(parts, in_force.content, in_force.version, caller, request_id)
    facts: list[Event] = []
    for command in commands:
        refused = (
            command.refusal(staff, context)
            or _deputy_refused(parts, staff, command)
            or _alone_refused(parts, command, context)
        )
        if refused is not None:
            raise refused
        decided = tuple(command.decide(staff, context))
        staff.fold(stamp(decided, stream=staff.stream, after=staff.version, context=context, occurred_at=context.now))
        facts += decided
    write = StreamWrite(staff.stream, before, tuple(facts), context.now)
    return parts.store.append(Append((write,), context)).result().position


def grant_or_ask(parts: Parts, staff_id: str, wanted: GrantRole, *before: StaffCommand) -> bool:
    """Grant a role as the command line, after other steps; one that takes two people is asked for instead.

    Returns whether it was only asked for: an administrator then approves it. As long as nobody administers the office
    there is nobody to ask, and it is granted. Raises the DomainError that forbids it.
    """
    asks = wanted.role in TWO_PEOPLE and administered(parts)
    staff_steps(parts, staff_id, *before, AskRole(**dict(wanted)) if asks else wanted)
    return asks


def administered(parts: Parts) -> bool:
    """Whether somebody is an administrator today."""
    today = day_of(parts.now())
    people = (parts.store.fold(Staff(stream)) for stream in parts.store.streams_with(RoleGranted.TOPIC))
    return any(grant.role is Role.ADMIN for person in people for grant in person.grants(today))


def _alone_refused(parts: Parts, command: StaffCommand, context: Context) -> DomainError | None:
    """The command line grants what takes two people only while there is no administrator who could be asked."""
    if not isinstance(command, GrantRole) or command.role not in TWO_PEOPLE or context.actor.role is not Role.SYSTEM:
        return None
    if not administered(parts):
        return None
    return NotPossibleNow(
        reason="已有管理员，该角色须申请后由管理员批准",
        reason_en="there is an administrator: ask for this role, and have it approved",
    )


def _deputy_refused(parts: Parts, staff: Staff, command: StaffCommand) -> DomainError | None:
    """Supervision is lent to nobody who holds another role, and no other role to a supervisor."""
    if not isinstance(command, NameDeputy):
        return None
    principal = parts.store.fold(Staff(staff_stream(command.principal)))
    if principal.name is None:
        return UnknownStaff(("principal",))
    held = {grant.role for one in (staff, principal) for grant in one.grants(command.since)}
    return RolesConflict(("principal",)) if supervision_mixed(held) else None


def _context(
    parts: Parts, content: RulebookContent, version: int, caller: Caller | None = None, request_id: str = "cli"
) -> Context:
    """What the rules may know: of the caller as an administrator, or of the command line, which acts as the system.

    Whoever may run that has the whole database in their hands anyway.
    """
    now = parts.now()
    return Context(
        actor=Actor(id="system", role=Role.SYSTEM) if caller is None else _administrator(caller),
        now=now,
        at=now,
        rulebook=content,
        rulebook_version=version,
        request_id=request_id,
        command_id=uuid4(),
    )


def _administrator(caller: Caller) -> Actor:
    """The caller in an administrator's role; without a role where they hold none, which every rule refuses."""
    for grant in sorted(caller.grants, key=repr):
        if grant.role is Role.ADMIN:
            return Actor(id=caller.staff, role=Role.ADMIN, unit=grant.unit, on_behalf_of=grant.on_behalf_of)
    return Actor(id=caller.staff)


def _append(parts: Parts, aggregate: Aggregate, facts: Iterable[Event], context: Context) -> int:
    write = StreamWrite(aggregate.stream, aggregate.version, tuple(facts), context.now)
    version = parts.store.append(Append((write,), context)).result().versions[aggregate.stream]
    parts.rulebooks.current(at_least=version)
    return version
