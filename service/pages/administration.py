"""管理 · 人员: members of staff, their roles and deputies, what waits for a second person, passwords, tokens.

An administrator reads no petition: nothing on these pages comes from one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from domain.errors import DomainError, UnknownStaff
from domain.kernel import Erased, day_of
from domain.staff import AddStaff, Staff, StaffCommand, staff_stream
from domain.staff_access import STAFF_STEPS
from domain.vocabulary import STAFF_ROLES
from projections.staff import directory
from service import accounts, passwords, tokens
from service.administration import new_staff_id
from service.asked.given import AdminOf, PartsOf, RequestId
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import Filled, decoded, refused, validated
from service.pages.form_fields import Choices, fields_of, unplaced
from service.pages.screen import language_of, page, redirect, words_of
from service.pages.words import readable
from service.parts import Parts

HOME = "/administration"
PAGE = 50
ON_PERSON = {step: kind for step, kind in STAFF_STEPS.items() if kind is not AddStaff}

router = APIRouter(prefix=HOME, route_class=StaffPage, include_in_schema=False)
StaffId = Annotated[str, Path(max_length=32)]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff as the desk shows them."""

    id: str
    name: str
    staff: Staff


def person_of(parts: Parts, staff_id: str) -> Person:
    """The member of staff; UnknownStaff where there is none."""
    staff = parts.store.fold(Staff(staff_stream(staff_id)))
    if staff.name is None:
        raise UnknownStaff(("staff",))
    return Person(staff_id, "" if isinstance(staff.name, Erased) else staff.name, staff)


@router.get("")
def people(
    request: Request, parts: PartsOf, caller: AdminOf, after: Annotated[str, Query(max_length=32)] = ""
) -> Response:
    """Everybody on the staff, and which grants wait for a second person."""
    with parts.pool.connection() as connection:
        members = [one for one in directory(connection) if one.staff > after]
    shown = [person_of(parts, one.staff) for one in members[:PAGE]]
    return page(
        request,
        "administration.html",
        people=shown,
        today=day_of(parts.now()),
        next=f"{HOME}?after={shown[-1].id}" if len(members) > PAGE else None,
        first=HOME if after else None,
    )


@router.get("/add")
def ask_new(request: Request, parts: PartsOf, caller: AdminOf) -> Response:
    """The form for a new member of staff."""
    return _new(request, parts, Filled({}))


@router.post("/add")
def add(request: Request, parts: PartsOf, caller: AdminOf, request_id: RequestId, form: FormOf) -> Response:
    """Add a person; an id of one's own choice, or one that says nothing."""
    filled = Filled(decoded(AddStaff, form))
    chosen = str(form.get("staff", "")).strip() or new_staff_id()
    command = validated(AddStaff, filled, language_of(request))
    if command is not None:
        try:
            accounts.take(parts, chosen, command, caller=caller, request_id=request_id)
            return redirect(request, f"{HOME}/staff/{chosen}", words_of(request).gettext("已添加"))
        except DomainError as error:
            filled.errors["staff"] = error.text(language_of(request))
    return _new(request, parts, filled, chosen, 422)


@router.get("/staff/{staff}")
def one_person(request: Request, staff: StaffId, parts: PartsOf, caller: AdminOf) -> Response:
    """One member of staff."""
    return _person(request, parts, staff)


@router.post("/staff/{staff}/give-password")
def give_password(request: Request, staff: StaffId, parts: PartsOf, caller: AdminOf, one: RequestId) -> Response:
    """A new first password, shown this once."""
    return _person(request, parts, staff, accounts.give_password(parts, staff, caller=caller, request_id=one))


@router.post("/staff/{staff}/unlock-account")
def unlock(request: Request, staff: StaffId, parts: PartsOf, caller: AdminOf, request_id: RequestId) -> Response:
    """Open a locked account."""
    accounts.unlock(parts, staff, caller=caller, request_id=request_id)
    return redirect(request, f"{HOME}/staff/{staff}", words_of(request).gettext("已解除锁定"))


@router.post("/staff/{staff}/issue-token")
def issue_token(request: Request, staff: StaffId, parts: PartsOf, caller: AdminOf, one: RequestId) -> Response:
    """A new API token, shown this once."""
    return _person(request, parts, staff, accounts.issue_token(parts, staff, caller=caller, request_id=one))


@router.post("/staff/{staff}/revoke-token")
def revoke_token(
    *, request: Request, staff: StaffId, parts: PartsOf, caller: AdminOf, request_id: RequestId, form: FormOf
) -> Response:
    """Revoke an API token."""
    try:
        token = UUID(str(form.get("token", "")))
    except ValueError:
        raise UnknownStaff(("token",)) from None
    accounts.revoke_token(parts, token, caller=caller, request_id=request_id)
    return redirect(request, f"{HOME}/staff/{staff}", words_of(request).gettext("令牌已撤销"))


def _person(request: Request, parts: Parts, staff_id: str, secret: str = "") -> Response:
    person = person_of(parts, staff_id)
    with parts.pool.connection() as connection:
        account = passwords.account(connection, staff_id)
        held = [one for one in tokens.listed(connection) if one.staff == staff_id]
    locked = account is not None and account.locked_until is not None and account.locked_until > parts.now()
    return page(
        request,
        "administration_person.html",
        person=person,
        today=day_of(parts.now()),
        account=account,
        locked=locked,
        tokens=held,
        secret=secret,
        steps={step: _title(request, step, kind) for step, kind in ON_PERSON.items() if step not in ANSWERS},
    )


ANSWERS = frozenset({"approve-role", "refuse-role"})
"""Steps that stand beside what was asked for."""


def _title(request: Request, step: str, kind: type[StaffCommand]) -> str:
    return readable(step) if language_of(request) == "en" else kind.title


def _new(request: Request, parts: Parts, filled: Filled, chosen: str = "", status: int = 200) -> Response:
    fields = fields_of(AddStaff, filled, _choices(request, parts), words_of(request))
    wrong = filled.errors.get("staff", "")
    return page(request, "administration_add.html", status=status, fields=fields, staff=chosen, wrong=wrong, general=[])


def _choices(request: Request, parts: Parts) -> Choices:
    words = words_of(request)
    roles = [(role.value, words.code(role)) for role in sorted(STAFF_ROLES)]
    return Choices(parts.rulebooks.current().content, more={"role": roles})


def _asked(step: str, kind: type[StaffCommand]) -> Callable[..., Response]:
    """The page with the form of a step on a member of staff."""

    def ask(request: Request, staff: StaffId, parts: PartsOf, caller: AdminOf) -> Response:
        given = {name: request.query_params[name] for name in ("role", "unit") if request.query_params.get(name)}
        if "since" in kind.model_fields:
            given["since"] = day_of(parts.now()).isoformat()
        return _form(request, parts, person_of(parts, staff), step, Filled(dict(given)))

    return ask


def _taken(step: str, kind: type[StaffCommand]) -> Callable[..., Response]:
    """Take a step on a member of staff by its form."""

    def take(
        *, request: Request, staff: StaffId, parts: PartsOf, caller: AdminOf, request_id: RequestId, form: FormOf
    ) -> Response:
        filled, language, status = Filled(decoded(kind, form)), language_of(request), 422
        command = validated(kind, filled, language)
        if command is not None:
            try:
                accounts.take(parts, staff, command, caller=caller, request_id=request_id)
                return redirect(request, f"{HOME}/staff/{staff}", _title(request, step, kind))
            except DomainError as error:
                refused(filled, error, language)
                status = error.status
        return _form(request, parts, person_of(parts, staff), step, filled, status=status)

    return take


def _form(request: Request, parts: Parts, person: Person, step: str, filled: Filled, *, status: int = 200) -> Response:
    kind = ON_PERSON[step]
    fields = fields_of(kind, filled, _choices(request, parts), words_of(request))
    return page(
        request,
        "administration_step.html",
        status=status,
        person=person,
        step=step,
        title=_title(request, step, kind),
        fields=fields,
        general=unplaced(fields, filled.errors),
    )


for _step, _kind in ON_PERSON.items():
    _path = f"/staff/{{staff}}/{_step}"
    router.add_api_route(_path, _asked(_step, _kind), methods=["GET"], name=f"ask staff {_step}")
    router.add_api_route(_path, _taken(_step, _kind), methods=["POST"], name=f"take staff {_step}")
