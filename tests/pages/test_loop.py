"""The whole loop in a browser, as six people walk it: from each desk by what it offers, two rounds, scripts or none."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from domain.petition.commands import STEPS
from domain.petition.petition import Petition
from domain.vocabulary import Role
from projections.tasks import KINDS
from tests.pages.page_kit import Tabs, shot
from tests.service.api_kit import PERSON, Office

DEMAND = "三日内更换整条线路"


class Person:
    """Somebody at their desk: goes there by the navigation, takes up what waits, fills the form in, sends it."""

    def __init__(self, office: Office, page: Page, desk: str) -> None:
        """`desk`: what the navigation calls it."""
        self.office, self.page, self.desk, self.number = office, page, desk, ""
        page.goto("/")

    def at_desk(self) -> Page:
        """The desk, showing all that happened."""
        self.office.catch_up()
        self.page.get_by_role("navigation", name="工作台").get_by_role("link", name=self.desk, exact=True).click()
        expect(self.page.locator("h1")).to_contain_text(self.desk)
        return self.page

    def takes_up(self, number: str, task: str) -> Page:
        """Open the form of a task that waits at the desk."""
        self.number = number
        row = self.at_desk().locator("tr", has_text=number)
        row.get_by_role("link", name=KINDS[task].zh, exact=True).click()
        return self.page

    def goes_on(self, step: str) -> Page:
        """Open the form of a step that the file's page offers."""
        self.page.locator(".todo").get_by_role("link", name=STEPS[step].title, exact=True).click()
        return self.page

    def sends(self) -> None:
        """Send the form and see the file again, with the word that it was done."""
        self.page.locator(".send button").first.click()
        self.page.wait_for_url(f"**/files/{self.number}")
        expect(self.page.get_by_role("status").first).to_contain_text(self.number)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_loop_runs_through_six_roles_and_two_rounds(desk: Office, tab: Tabs, scripts: bool) -> None:
    def at(who: str, name: str) -> Person:
        return Person(desk, tab(who, scripts=scripts), name)

    intake, committee = at("intake", "受理台"), at("supervisor", "监督台")
    handler, approver = at("handler", "办理台"), at("approver", "办理台")
    publishers, caller = (at("publisher", "公示台"), at("publisher-2", "公示台")), at("caller", "回访台")
    number = received(intake)
    handler.takes_up(number, "sign")
    handler.sends()
    replied(handler, approver, number, "已更换灯头。")
    made_public(publishers, number)
    asked(caller, number, solved="unsolved", satisfaction="dissatisfied")
    caller.goes_on("recollect").get_by_label("否", exact=True).check()
    caller.page.locator("[name=text]").fill("换过的灯昨晚又灭了。")
    caller.sends()
    assert desk.parts.store.fold(Petition(number)).round == 2

    key = ordered(committee, number)
    handler.takes_up(number, "answer_order")
    handler.page.locator("[name=id]").select_option(key)
    handler.page.locator("[name=text]").fill("线路已安排更换。")
    handler.sends()
    handler.takes_up(number, "handle_again")
    replied(handler, approver, number, "整条线路已更换。")
    ended(committee, key, number)
    made_public(publishers, number)
    asked(caller, number, solved="solved", satisfaction="satisfied")
    caller.goes_on("recollect").get_by_label("是", exact=True).check()
    caller.sends()

    file = desk.parts.store.fold(Petition(number))
    assert (file.stage, file.round) == ("closed", 2)
    read_over(committee, number, file.version)
    shot(committee.page, f"loop-{'scripts' if scripts else 'plain'}")


def received(intake: Person) -> str:
    """Intake takes a petition in, accepts it, and gives it to ZF."""
    page = intake.at_desk()
    page.get_by_role("link", name="一站式窗口").click()
    page.locator("[name='content']").fill("三单元楼道灯坏了一周，晚上看不见台阶。")
    page.locator("[name='nature']").select_option("complaint")
    page.locator("[name='category']").fill("020102")
    page.locator("[name='petitioners.0.name']").fill(PERSON["name"])
    page.locator("[name='petitioners.0.phone']").fill(PERSON["phone"])
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/intake/receipt/*")
    intake.number = page.locator(".receipt .big").first.inner_text()
    page.get_by_role("link", name="打开卷宗").click()
    intake.goes_on("accept-petition").locator("[name=notice]").select_option("sms")
    intake.sends()
    intake.goes_on("assign-petition").locator("[name=lead]").select_option("ZF")
    intake.sends()
    return intake.number


def replied(handler: Person, approver: Person, number: str, text: str) -> None:
    """The handler calls, reports and drafts; the approver agrees; the handler delivers."""
    handler.goes_on("contact-resident").get_by_label("是", exact=True).check()
    handler.sends()
    page = handler.goes_on("report-outcome")
    page.locator("[name='answers.0.outcome']").select_option("resolved")
    page.locator("[name='answers.0.text']").fill(text)
    handler.sends()
    handler.goes_on("draft-reply").locator("[name=text]").fill(text)
    handler.sends()
    expect(approver.takes_up(number, "approve_reply").locator(".beside")).to_contain_text(text)
    approver.sends()
    handler.takes_up(number, "deliver_reply").locator("[name=method]").select_option("sms")
    handler.sends()


def made_public(publishers: tuple[Person, Person], number: str) -> None:
    """One drafts, another approves, the first publishes."""
    first, second = publishers
    page = first.takes_up(number, "draft_publication")
    page.locator("[name=title]").fill("楼道灯已修复")
    page.locator("[name=text]").fill(f"{PERSON['name']}反映的楼道灯已修复。")
    first.sends()
    draft = second.takes_up(number, "approve_publication").locator("#draft").locator("..")
    expect(draft).to_contain_text("欧阳某某")
    expect(draft).not_to_contain_text(PERSON["name"])
    second.sends()
    first.takes_up(number, "publish").get_by_label("公示栏").check()
    first.sends()


def asked(caller: Person, number: str, **answers: str) -> None:
    """The caller asks the resident."""
    expect(caller.takes_up(number, "follow_up").locator(".beside")).to_contain_text(PERSON["phone"])
    for name, answer in answers.items():
        caller.page.locator(f"[name={name}]").select_option(answer)
    caller.sends()


def trail(committee: Person, number: str) -> Page:
    """The committee asks the audit trail for one file."""
    page = committee.at_desk()
    page.get_by_role("link", name="审计轨迹").first.click()
    page.get_by_label("哪一件").fill(number)
    page.get_by_role("button", name="查看").click()
    expect(page.locator("tbody tr").first).to_contain_text(number)
    return page


def ordered(committee: Person, number: str) -> str:
    """The committee reads what happened, opens the file from there, and orders; the order's id."""
    page, committee.number = trail(committee, number), number
    page.locator("tbody").get_by_role("link", name=number).first.click()
    expect(page.locator("#content")).not_to_contain_text(PERSON["name"])
    committee.goes_on("order-supervision").locator("[name=demand]").fill(DEMAND)
    committee.sends()
    return _order(committee, number).locator("small").first.inner_text().partition(" ")[0]


def ended(committee: Person, key: str, number: str) -> None:
    """The committee ends the order from its list, having read the answer."""
    row = _order(committee, number)
    expect(row).to_contain_text("线路已安排更换。")
    row.get_by_role("link", name=STEPS["end-supervision"].title).click()
    committee.page.locator("[name=id]").select_option(key)
    committee.sends()


def _order(committee: Person, number: str) -> Locator:
    """The line of the order in the committee's list."""
    page = committee.at_desk()
    page.get_by_role("link", name="督办与催办").first.click()
    return page.get_by_role("row", name=DEMAND).filter(has_text=number)


def read_over(committee: Person, number: str, version: int) -> None:
    """All of it stands in the audit trail, each step with who took it in which role."""
    told = trail(committee, number).locator("tbody tr").all_inner_texts()
    assert len(told) == version
    for role in (Role.INTAKE, Role.HANDLER, Role.APPROVER, Role.PUBLISHER, Role.CALLER, Role.SUPERVISOR):
        assert any(role.zh in line for line in told), role
