"""Staff by the API: roles that take two people, first passwords, tokens; all of it on record, none of it told twice."""

from __future__ import annotations

from service import passwords, tokens
from tests.service.api_kit import Office

BEGIN = {"since": "2020-01-01"}


def roles_of(office: Office, staff: str) -> set[str]:
    return {str(role) for role in office.parts.access.of_staff(staff, "").roles}


def add(office: Office, staff: str) -> None:
    office.ok(office.post("admin", f"/staff/{staff}/add", {"name": "某人"}))


def test_two_administrators_grant_what_watches_over_the_others(office: Office) -> None:
    add(office, "watcher")
    alone = office.post("admin", "/staff/watcher/grant-role", {"role": "supervisor", **BEGIN})
    assert (alone.status_code, alone.json()["code"]) == (409, "not_possible_now")
    office.ok(office.post("admin", "/staff/watcher/ask-role", {"role": "supervisor", **BEGIN}))
    own = office.post("admin", "/staff/watcher/approve-role", {"role": "supervisor"})
    assert (own.status_code, own.json()["code"]) == (403, "two_people_needed")
    assert roles_of(office, "watcher") == set()
    done = office.ok(office.post("admin-2", "/staff/watcher/approve-role", {"role": "supervisor"}))
    assert roles_of(office, "watcher") == {"supervisor"}
    trail = office.ok(office.get("supervisor", "/audit", stream="staff:watcher", after=done["position"]))["events"]
    assert [(one["topic"], one["actor"]) for one in trail] == [
        ("staff.role_granted", "admin-2"),
        ("staff.role_asked", "admin"),
        ("staff.added", "admin"),
    ]


def test_a_role_that_watches_is_lent_to_no_deputy(office: Office) -> None:
    add(office, "lender")
    office.ok(office.post("admin", "/staff/lender/ask-role", {"role": "admin", **BEGIN}))
    office.ok(office.post("admin-2", "/staff/lender/approve-role", {"role": "admin"}))
    add(office, "borrower")
    lent = {"principal": "lender", "since": "2020-01-01", "until": "2199-01-01"}
    office.ok(office.post("admin", "/staff/borrower/name-deputy", lent))
    assert roles_of(office, "borrower") == set()


def test_a_deputy_is_of_somebody_and_does_not_mix_supervision(office: Office) -> None:
    add(office, "helper")
    office.ok(office.post("admin", "/staff/helper/grant-role", {"role": "intake", **BEGIN}))
    days = {"since": "2020-01-01", "until": "2199-01-01"}
    nobody = office.post("admin", "/staff/helper/name-deputy", {"principal": "nobody", **days})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "unknown_staff")
    mixed = office.post("admin", "/staff/helper/name-deputy", {"principal": "supervisor", **days})
    assert (mixed.status_code, mixed.json()["code"]) == (409, "roles_conflict")
    office.ok(office.post("admin", "/staff/helper/name-deputy", {"principal": "handler", **days}))
    assert roles_of(office, "helper") == {"intake", "handler"}


def test_nobody_grants_to_themselves(office: Office) -> None:
    refused = office.post("admin", "/staff/admin/grant-role", {"role": "intake", **BEGIN})
    assert (refused.status_code, refused.json()["code"]) == (403, "two_people_needed")


def test_a_first_password_is_told_once_and_ends_all_sessions(office: Office) -> None:
    session = office.parts.sessions.begin("handler", "password")
    given = office.ok(office.post("admin", "/staff/handler/give-password"))["secret"]
    assert office.parts.sessions.find(session) is None
    with office.parts.pool.connection() as connection:
        account = passwords.fits(connection, "handler", given, office.parts.now())
        stored = connection.execute("SELECT passwords::text FROM passwords").fetchall()
    assert account is not None
    assert account.must_change
    assert not any(given in row[0] for row in stored)
    assert office.post("admin", "/staff/nobody/give-password").status_code == 404


def test_an_account_is_unlocked(office: Office) -> None:
    given = office.ok(office.post("admin", "/staff/caller/give-password"))["secret"]

    def comes_in(password: str) -> bool:
        with office.parts.pool.connection() as connection:
            return passwords.fits(connection, "caller", password, office.parts.now()) is not None

    assert not any(comes_in("guessed") for _ in range(passwords.FAILURES))
    assert not comes_in(given)
    assert office.post("admin", "/staff/caller/unlock-account").status_code == 200
    assert comes_in(given)


def test_a_token_is_issued_on_record_and_revoked(office: Office) -> None:
    secret = office.ok(office.post("admin", "/staff/publisher/issue-token"))["secret"]
    headers = {"Authorization": f"Bearer {secret}"}
    assert office.client.get("/api/v1/worklist", headers=headers).status_code == 200
    with office.parts.pool.connection() as connection:
        found = tokens.find(connection, secret)
    assert found is not None
    assert office.post("admin", f"/tokens/{found[0]}/revoke").status_code == 200
    assert office.post("admin", f"/tokens/{found[0]}/revoke").status_code == 404
    office.parts.access.forget_known()
    assert office.client.get("/api/v1/worklist", headers=headers).status_code == 401
    position = office.parts.store.last_position()
    trail = office.ok(office.get("supervisor", "/audit", stream="staff:publisher", after=position))["events"]
    assert [one["topic"] for one in trail][:2] == ["staff.token_revoked", "staff.token_issued"]
    assert secret not in str(trail)


def test_the_directory_has_no_names(office: Office) -> None:
    members = office.ok(office.get("admin", "/staff", after=office.parts.store.last_position()))["members"]
    assert {"intake", "admin-2"} <= {one["staff"] for one in members}
    assert "某人" not in str(members)
