"""Who should have a petition: routes, duties, place, and what L1 30 forbids; each proposal with its reason."""

from hypothesis import given
from hypothesis import strategies as st

from domain.routing import ACCUSED, NO_DISCIPLINE, NO_REPORTS, NOBODY, Matter, Routing, propose, why_not
from domain.rulebook import RulebookContent
from domain.vocabulary import Nature
from tests.domain.rulebook_sample import SAMPLE, edited


def proposed(
    nature: Nature = Nature.COMPLAINT, category: str | None = None, area: str | None = None, **more
) -> Routing:
    return propose(Matter(nature, category, area, frozenset(more.pop("accused", ()))), SAMPLE, **more)


def units(proposals) -> list[str]:
    return [one.unit for one in proposals]


def test_a_route_names_who_leads_and_who_helps():
    found = proposed(category="080202", area="A02G1B01")
    assert found.lead is not None
    assert (found.lead.unit, units(found.co_units)) == ("ZF", ["JQ", "S02"])
    assert found.lead.reason.zh == "派单路由第1条：噪声扰民联合处置办法"
    assert found.co_units[0].reason == found.lead.reason
    assert "石榴园 1 号楼" in found.co_units[1].reason.zh
    assert units(found.others) == ["JQ", "PA", "S02"]


def test_without_a_place_nobody_is_responsible_there():
    found = proposed(category="080202")
    assert units(found.co_units) == ["JQ"]


def test_a_route_may_give_it_to_the_place():
    found = proposed(category="090101", area="A05G1B01")
    assert found.lead is not None
    assert (found.lead.unit, units(found.co_units)) == ("S05", ["FL"])
    elsewhere = proposed(category="090101")
    assert elsewhere.lead is not None
    assert elsewhere.lead.unit == "PA", "the route has no place to go by, so the duty decides"


def test_a_route_holds_for_its_natures_only():
    leads = {nature: proposed(nature, "080101").lead for nature in (Nature.CONSULT, Nature.HELP)}
    assert {nature: one and one.unit for nature, one in leads.items()} == {Nature.CONSULT: "PA", Nature.HELP: "JQ"}


def test_without_a_route_the_narrowest_duty_leads():
    found = proposed(category="010301", area="A02")
    assert found.lead is not None
    assert (found.lead.unit, found.co_units) == ("ZF", ())
    assert "街面秩序" in found.lead.reason.zh
    assert "0103" in found.lead.reason.en
    assert units(found.others) == ["CG", "S02"]


def test_without_a_category_the_place_leads_and_without_a_place_nobody():
    found = proposed(area="A03G1B02")
    assert found.lead is not None
    assert (found.lead.unit, found.note) == ("S03", None)
    nobody = proposed()
    assert (nobody.lead, nobody.candidates, nobody.note) == (None, (), NOBODY)


def test_a_unit_of_one_community_is_not_proposed_without_a_place():
    assert proposed(category="120101").lead is None
    assert proposed(category="120101", area="A04").candidates == ("S04",)


def test_a_report_goes_to_who_takes_reports():
    found = proposed(Nature.REPORT, "100101", "A02", accused=["CG"])
    assert found.candidates == ("JW",)
    assert ("S02", NO_REPORTS) in [(one.unit, one.reason) for one in found.passed_over]


def test_a_report_is_never_proposed_to_the_accused_or_those_below():
    found = proposed(Nature.REPORT, "010301", "A02G1B01", accused=["CG"])
    assert found.candidates == ("JW",)
    assert [(one.unit, one.reason) for one in found.passed_over][:2] == [("ZF", ACCUSED), ("CG", ACCUSED)]


def test_a_report_against_everybody_who_takes_reports_goes_outside():
    found = proposed(Nature.REPORT, "100101", accused=["JW"])
    assert (found.lead, found.note) == (None, NO_DISCIPLINE)


def test_nor_is_a_complaint_proposed_to_the_unit_it_accuses():
    found = proposed(category="080202", area="A02", accused=["JQ"])
    assert "JQ" not in {*found.candidates, *units(found.co_units)}
    assert units(found.co_units) == ["S02"]


def test_a_demand_that_the_lead_cannot_answer_goes_to_another():
    demands = {
        "d1": Matter(Nature.COMPLAINT, "080202", "A02"),
        "d2": Matter(Nature.HELP, "050102", "A02"),
        "d3": Matter(Nature.COMPLAINT, "0103", "A02"),
    }
    found = proposed(category="080202", area="A02", demands=demands)
    assert found.lead is not None
    assert found.lead.unit == "ZF"
    assert {key: one.unit for key, one in found.demands.items()} == {"d2": "MS"}
    assert "MS" in units(found.co_units)


def test_an_old_rulebook_without_routes_still_proposes():
    state = SAMPLE.model_dump(mode="json")
    del state["routes"]
    for row in state["categories"]:
        del row["words"]
    old = RulebookContent.model_validate(state)
    found = propose(Matter(Nature.COMPLAINT, "080202", "A02"), old)
    assert found.candidates[:1] == ("JQ",)


def test_a_route_to_a_unit_given_up_leads_to_its_successor():
    changed = edited(('{ code = "ZF", name', '{ code = "ZF", replaced_by = "CG", name'))
    found = propose(Matter(Nature.COMPLAINT, "080202", "A02"), RulebookContent.from_toml(changed))
    assert found.candidates[:1] == ("CG",)


codes = st.sampled_from([one.code for one in SAMPLE.units])


@given(
    nature=st.sampled_from(Nature),
    category=st.none() | st.sampled_from([one.code for one in SAMPLE.categories]),
    area=st.none() | st.sampled_from([one.code for one in SAMPLE.areas]),
    accused=st.frozensets(codes, max_size=3),
    other=st.sampled_from([one.code for one in SAMPLE.categories]),
)
def test_whatever_it_is_nobody_is_proposed_who_must_not_have_it(nature, category, area, accused, other):
    matter = Matter(nature, category, area, accused)
    found = propose(matter, SAMPLE, {"d1": Matter(nature, other, area, accused)})
    every = [*found.candidates, *units(found.co_units)]
    assert len(found.candidates) == len(set(found.candidates))
    for unit in every:
        assert accused.isdisjoint(SAMPLE.chain(unit))
        assert why_not(unit, matter, SAMPLE) is None
    assert not set(every) & set(units(found.passed_over))
    assert found.lead is None or found.lead.unit not in units(found.co_units)
    assert {one.unit for one in found.demands.values()} <= set(units(found.co_units))
    assert (found.lead is None) == (found.note is not None)
    for one in (*found.others, *found.co_units, *found.passed_over, *filter(None, [found.lead])):
        assert one.reason.zh
        assert one.reason.en
