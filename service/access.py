"""Who is asking, and what they may see: the one access rule. What they may do is each command's own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool
from starlette.concurrency import run_in_threadpool

from domain.errors import NotSignedIn
from domain.kernel import Grant, day_of
from domain.petition.petition import Petition
from domain.petition.stages import LOOP, REPLIED, Stage
from domain.rules.content import RulebookContent
from domain.staff import TWO_PEOPLE, Staff, staff_stream, supervision_mixed
from domain.vocabulary import Role
from projections.sight import Sight
from service import tokens
from service.rulebooks import Rulebooks
from service.store import Store

FRESH_SECONDS = 1.0
"""For how long a caller is known without asking. A revoked token or role ends everywhere after that."""
MOST_REMEMBERED = 10_000

OFFICE_WIDE = frozenset({Role.INTAKE, Role.PUBLISHER, Role.CALLER})
"""Roles that are not held for a unit's files: they work on every file, also a secret one."""

REPORTING = frozenset({Role.INTAKE, Role.APPROVER, Role.PUBLISHER, Role.SUPERVISOR})
"""Roles that draw up reports for the office or the committee; the figures are for everybody who reads files."""

FOLLOWED_UP_IN = frozenset({Stage.SUPERVISING, Stage.RECOLLECTING, Stage.CLOSED})
INTAKE_READS_IN = frozenset({Stage.RECEIVING, Stage.RECOLLECTING, Stage.DECLINED, Stage.REFERRED})
"""Also where the desk itself ended the file: it still has to tell the petitioner in writing, and to prove it."""


@dataclass(frozen=True)
class Caller:
    """A member of staff with the roles held today, own and as a stand-in. `token` scopes their idempotency keys.

    One is remembered for many requests: what follows from the roles is worked out once.
    """

    staff: str
    grants: frozenset[Grant]
    token: str
    sight: Sight

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles held today."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def committee(self) -> bool:
        """Whether the supervision committee asks."""
        return Role.SUPERVISOR in self.roles or Role.SYSTEM in self.roles

    @property
    def draws_reports(self) -> bool:
        """Whether the caller may draw up report packs."""
        return bool(self.roles & REPORTING)

    @cached_property
    def reads_files(self) -> bool:
        """Whether the caller may see files at all: an administrator who is nothing else may not."""
        return bool(self.roles - {Role.ADMIN})

    def sees(self, petition: Petition) -> bool:
        """Whether the file exists for the caller."""
        return self.sight.sees(
            against_units=petition.against_units,
            against_staff=petition.against_staff,
            secrecy=petition.secrecy,
            involved=petition.units,
        )

    def reader(self, petition: Petition, rulebook: RulebookContent) -> Grant | None:
        """The grant in which the caller may read the file's personal data: those who work on it now (PIPL 51)."""
        if None in petition.restricted:
            return None
        return next((grant for grant in sorted(self.grants, key=repr) if _works_on(grant, petition, rulebook)), None)


def _works_on(grant: Grant, petition: Petition, rulebook: RulebookContent) -> bool:
    match grant.role:
        case Role.INTAKE:
            return petition.stage in INTAKE_READS_IN or (petition.lead is None and petition.stage in LOOP)
        case Role.HANDLER:
            return grant.unit in petition.responsible
        case Role.APPROVER:
            return any(grant.unit in rulebook.chain(unit) for unit in petition.responsible)
        case Role.PUBLISHER:
            return petition.stage in REPLIED
        case Role.CALLER:
            return petition.stage in FOLLOWED_UP_IN
        case _:
            return False


class Access:
    """Knows callers by their tokens; thread-safe."""

    def __init__(
        self,
        store: Store,
        pool: ConnectionPool[Connection[TupleRow]],
        rulebooks: Rulebooks,
        now: Callable[[], datetime],
    ) -> None:
        """Remember nobody yet."""
        self._store = store
        self._pool = pool
        self._rulebooks = rulebooks
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[bytes, tuple[float, Caller]] = {}
        self._asking: dict[bytes, asyncio.Future[Caller]] = {}

    def at_hand(self, secret: str) -> Caller | None:
        """The holder of a token if they are known without asking."""
        until, caller = self._known.get(tokens.hash_of(secret), (0.0, None))
        return caller if time.monotonic() < until else None

    async def recognised(self, secret: str) -> Caller:
        """`caller` for the event loop; those who come while a thread asks wait for the same answer."""
        caller, key = self.at_hand(secret), tokens.hash_of(secret)
        if caller is None:
            asking = self._asking.get(key)
            if asking is None:
                asking = self._asking[key] = asyncio.ensure_future(run_in_threadpool(self.caller, secret))
                asking.add_done_callback(lambda _: self._asking.pop(key))
            caller = await asyncio.shield(asking)
        return caller

    def caller(self, secret: str) -> Caller:
        """The holder of a token; raises `NotSignedIn` for one that is unknown, revoked, or whose holder has left."""

        def holder() -> tuple[str, str]:
            with self._pool.connection() as connection:
                found = tokens.find(connection, secret)
            if found is None:
                raise NotSignedIn
            return found[1], str(found[0])

        return self._remembered(tokens.hash_of(secret), holder)

    def of_session(self, staff_id: str) -> Caller:
        """The holder of a valid session; raises `NotSignedIn` for one who holds no role any more."""
        return self._remembered(f"page {staff_id}".encode(), lambda: (staff_id, f"page {staff_id}"))

    def forget_known(self) -> None:
        """Look everybody up anew at the next request of this process: roles or an account were changed here."""
        with self._lock:
            self._known.clear()

    def _remembered(self, key: bytes, holder: Callable[[], tuple[str, str]]) -> Caller:
        """The caller known by a key, looked up again after a while: staff id, and what scopes idempotency keys."""
        clock = time.monotonic()
        remembered = self._known.get(key)
        if remembered and clock < remembered[0]:
            return remembered[1]
        caller = self.of_staff(*holder())
        if not caller.grants:
            raise NotSignedIn
        with self._lock:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = (clock + FRESH_SECONDS, caller)
        return caller

    def of_staff(self, staff_id: str, token: str) -> Caller:
        """A member of staff with their roles of today, from their own stream, and those lent to them as a deputy.

        A role that two people must grant is lent to nobody: one person alone names a deputy.
        """
        today = day_of(self._now())
        staff = self._store.fold(Staff(staff_stream(staff_id)))
        grants = set(staff.grants(today))
        for principal in sorted(staff.stands_in_for(today)):
            held = self._store.fold(Staff(staff_stream(principal))).grants(today)
            lent = {grant for grant in held if grant.role not in TWO_PEOPLE}
            if not supervision_mixed(grant.role for grant in {*grants, *lent}):
                grants |= {Grant(grant.role, grant.unit, principal) for grant in lent}
        return Caller(staff_id, frozenset(grants), token, self._sight(staff_id, frozenset(grants)))

    def system(self) -> Caller:
        """The service itself: imports and jobs."""
        return Caller("system", frozenset({Grant(Role.SYSTEM)}), "system", Sight(committee=True))

    def _sight(self, staff_id: str, grants: frozenset[Grant]) -> Sight:
        rulebook = self._rulebooks.current().content
        own = {grant.unit for grant in grants if grant.unit}
        approves = {grant.unit for grant in grants if grant.unit and grant.role is Role.APPROVER}
        return Sight(
            committee=any(grant.role is Role.SUPERVISOR for grant in grants),
            staff=frozenset({staff_id, *(grant.on_behalf_of for grant in grants if grant.on_behalf_of)}),
            units=frozenset(own.union(*map(rulebook.below, approves))),
            under=frozenset(above for unit in own for above in rulebook.chain(unit)),
            office=any(grant.role in OFFICE_WIDE for grant in grants),
        )
