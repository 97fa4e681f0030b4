"""A demonstration: the sample rulebook, staff for every role, and invented petitions that went their way.

What happens stands in ops/samples/demo*.toml and goes through the desk like everything else, on a clock that runs
through the last two months. It happens once in a folder; a later start only tells the accounts again.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from rich.table import Table

from domain.kernel import SHANGHAI
from domain.petition.commands import STEPS, ImportPetition, ReceivePetition
from domain.petition.handling_reply import ImportReply
from domain.rulebook import Rulebook
from domain.staff import AddStaff, GrantRole, Staff, staff_stream
from domain.staff_access import ApproveRole
from domain.vocabulary import Role
from projections.staff import StaffDirectory
from service import passwords, tokens
from service.administration import adopt_sample, grant_or_ask, sample, staff_steps
from service.parts import Parts, opened
from service.runner import Runner
from service.settings import Settings

STORY, PETITIONS = "demo.toml", "demo-petitions.toml"
TOKENS, PASSWORDS = "demo-tokens.json", "demo-passwords.json"
BEGINS = timedelta(days=70)
OPENS, CLOSES = time(8, 30), time(17, 30)
PATIENCE = 120.0
REQUEST = "demo"
FIRST_ADMIN = "admin"
"""Whom the story makes an administrator before any other: with nobody to ask, the command line does it alone."""


class NotADemo(Exception):
    """The folder holds real data, in which nothing invented may be mixed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happens: in which petition, at which time, as which of its steps; 0 is its being received."""

    at: datetime
    key: str
    place: int
    step: str


class Clock:
    """A clock that is set by hand."""

    def __init__(self, at: datetime) -> None:
        """Stand still at a time."""
        self.at = at

    def now(self) -> datetime:
        """The time it shows."""
        return self.at


@dataclass(frozen=True, slots=True)
class Account:
    """How somebody of the demonstration comes in: by the pages with a password, by the API with a token."""

    password: str
    token: str


def prepare(parts: Parts, settings: Settings) -> dict[str, Account]:
    """Make the demonstration in an empty database, or find it there; returns how each person comes in.

    Raises `NotADemo` where there is something else already.
    """
    file = settings.data_dir / TOKENS
    if file.exists():
        known: dict[str, str] = json.loads(file.read_text("utf-8"))
        return _accounts(parts, settings, known)
    story = tomllib.loads(sample(STORY)) | tomllib.loads(sample(PETITIONS))
    begun = parts.store.fold(Staff(staff_stream(FIRST_ADMIN))).version > 0
    if not begun and parts.store.fold(Rulebook()).content is not None:
        raise NotADemo
    now = parts.now()
    clock = Clock(now - BEGINS)
    with opened(parts.url, settings, clock.now) as then:
        _Telling(then, story, clock, now).tell()
    with parts.pool.connection() as connection:
        secrets = {staff: tokens.create(connection, staff) for staff in story["staff"]}
    _keep(file, secrets)
    return _accounts(parts, settings, secrets)


def _accounts(parts: Parts, settings: Settings, secrets: Mapping[str, str]) -> dict[str, Account]:
    """The people with their passwords, which are made where none are kept yet."""
    file = settings.data_dir / PASSWORDS
    if file.exists():
        chosen: dict[str, str] = json.loads(file.read_text("utf-8"))
    else:
        chosen = {staff: passwords.new_password() for staff in secrets}
        with parts.pool.connection() as connection:
            for staff, password in chosen.items():
                passwords.set_password(connection, staff, password, must_change=False, now=parts.now())
        _keep(file, chosen)
    return {staff: Account(chosen.get(staff, ""), token) for staff, token in secrets.items()}


def _keep(file: Path, secrets: Mapping[str, str]) -> None:
    """Write down what the next start tells again, for nobody but the owner."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(secrets, out, ensure_ascii=False, indent=1)


def table(accounts: Mapping[str, Account]) -> Table:
    """The accounts as they are shown."""
    staff = tomllib.loads(sample(STORY))["staff"]
    title = "演示账号，登录 /sign-in / demo accounts for the sign-in page"
    shown = Table("人员 staff", "角色 roles", "密码 password", "令牌 API token", title=title, title_style="")
    for name, account in accounts.items():
        roles = "、".join(f"{Role(role).zh} {unit}".strip() for role, _, unit in _roles(staff[name]))
        shown.add_row(name, roles, account.password, account.token)
    return shown


def _roles(person: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for text in person["roles"]:
        yield text.partition(":")


class _Telling:
    """The story as it is carried out. Every act has a key of its own, so that one that broke off can go on."""

    def __init__(self, parts: Parts, story: Mapping[str, Any], clock: Clock, now: datetime) -> None:
        self._parts, self._story, self._clock, self._now = parts, story, clock, now
        self._petitions: dict[str, dict[str, Any]] = {one["key"]: one for one in story["petitions"]}
        self._numbers: dict[str, str] = {}

    def tell(self) -> None:
        """All of it, in the order of time."""
        adopt_sample(self._parts)
        runner = Runner(self._parts.url, self._parts.store)
        runner.start()
        try:
            self._staff()
            self._imported()
            for moment in sorted((one for key in self._petitions for one in self._moments(key)), key=_order):
                self._happen(moment)
        finally:
            runner.stop()

    def _staff(self) -> None:
        day = self._clock.at.astimezone(SHANGHAI).date()
        for name, person in self._story["staff"].items():
            known = self._parts.store.fold(Staff(staff_stream(name)))
            if not known.version:
                staff_steps(self._parts, name, AddStaff(name=person["name"]))
            for role, _, unit in _roles(person):
                grant = GrantRole(role=Role(role), unit=unit or None, since=day, until=None)
                if (grant.role, grant.unit) not in {(one.role, one.unit) for one in known.roles}:
                    self._give(name, grant, asked=known.asked != ())
        self._parts.positions.wait_for(self._parts.store.last_position(), [StaffDirectory.name], PATIENCE)

    def _give(self, name: str, grant: GrantRole, *, asked: bool) -> None:
        """Grant a role; what takes two people the first administrator approves, also what was asked for before."""
        if asked or grant_or_ask(self._parts, name, grant):
            approve = ApproveRole(role=grant.role, unit=grant.unit)
            second = self._parts.access.of_staff(FIRST_ADMIN, REQUEST)
            staff_steps(self._parts, name, approve, caller=second, request_id=REQUEST)

    def _imported(self) -> None:
        for row in self._story["imported"]:
            petition = ImportPetition.model_validate({**row["petition"], "occurred_at": row.get("occurred_at")})
            self._parts.desk.import_petition(petition, ImportReply.model_validate(row["reply"]), request_id=REQUEST)

    def _moments(self, key: str) -> Iterator[Moment]:
        petition = self._petitions[key]
        day = (self._now - timedelta(days=petition["days_ago"])).astimezone(SHANGHAI).date()
        at = datetime.combine(day, time.fromisoformat(petition["at"]), SHANGHAI)
        yield Moment(at, key, 0, "receive")
        for place, step in enumerate(self._route(petition["route"]), start=1):
            at = _in_office_hours(at + timedelta(hours=self._story["steps"][step]["hours"]))
            yield Moment(min(at, self._now), key, place, step)

    def _route(self, names: list[str]) -> Iterator[str]:
        for name in names:
            if name in self._story["routes"]:
                yield from self._route(self._story["routes"][name])
            else:
                yield name

    def _happen(self, moment: Moment) -> None:
        self._clock.at, petition, desk = moment.at, self._petitions[moment.key], self._parts.desk
        key = f"{moment.key}-{moment.place}"
        if moment.place == 0:
            command = ReceivePetition.model_validate(self._filled(petition["receive"], petition))
            caller = self._parts.access.of_staff(petition["by"], REQUEST)
            done = desk.receive(caller, command, request_id=REQUEST, key=key)
            self._numbers[moment.key] = done.number
            return
        step = self._story["steps"][moment.step]
        caller = self._parts.access.of_staff(str(self._filled(step["by"], petition)), REQUEST)
        fields = STEPS[step["step"]].model_validate(self._filled(step["fields"], petition))
        desk.take(caller, self._numbers[moment.key], fields, request_id=REQUEST, key=key)

    def _filled(self, value: Any, petition: Mapping[str, Any]) -> Any:
        """A template with the petition's own values; a field that has none is left out."""
        if isinstance(value, dict):
            filled = {name: self._filled(part, petition) for name, part in value.items()}
            return {name: part for name, part in filled.items() if part is not None}
        if isinstance(value, list):
            return [self._filled(part, petition) for part in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value == "$at":
            return self._clock.at.isoformat()
        if number := re.fullmatch(r"\$number:(\w+)", value):
            return self._numbers[number[1]]
        if days := re.fullmatch(r"\$day\+(\d+)", value):
            today: date = self._clock.at.astimezone(SHANGHAI).date()
            return str(today + timedelta(days=int(days[1])))
        own = {"handler": f"handler-{petition.get('unit', '').lower()}", **self._story["defaults"], **petition}
        return self._filled(own.get(value[1:]), petition)


def _order(moment: Moment) -> tuple[datetime, str, int]:
    return moment.at, moment.key, moment.place


def _in_office_hours(at: datetime) -> datetime:
    """The time itself, or the next opening of the office."""
    while at.weekday() >= 5 or not OPENS <= at.time() <= CLOSES:
        following = at.date() if at.weekday() < 5 and at.time() < OPENS else at.date() + timedelta(days=1)
        at = datetime.combine(following, OPENS, SHANGHAI) + timedelta(minutes=at.minute)
    return at
