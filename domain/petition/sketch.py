"""拟登记: a petition that is still being typed, for proposals. Any field may be missing; nothing of it is stored."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from domain.kernel import Context
from domain.petition.command import CodeText, Line, Prose, known_area, known_category
from domain.petition.intake import DemandForm, PetitionerForm, PlaceForm, accused
from domain.petition.petition import Petition
from domain.routing import Matter
from domain.vocabulary import Channel, Nature, Secrecy, Urgency


class PetitionSketch(BaseModel):
    """拟登记: as much of a petition as has been typed so far; the fields are those of `ReceivePetition`."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    channel: Channel | None = Field(None, title="渠道")
    nature: Nature | None = Field(None, title="性质")
    category: CodeText | None = Field(None, title="类别")
    subject: Line | None = Field(None, alias="title", title="标题")
    content: Prose | None = Field(None, title="内容")
    petitioners: tuple[PetitionerForm, ...] = Field((), title="信访人", max_length=50)
    demands: tuple[DemandForm, ...] = Field((), title="诉求", max_length=50)
    against: tuple[CodeText, ...] = Field((), title="被反映的单位或人员", max_length=50)
    place: PlaceForm | None = Field(None, title="地点")
    urgency: Urgency = Field(Urgency.NORMAL, title="紧急程度")
    secrecy: Secrecy = Field(Secrecy.OPEN, title="密级")

    @property
    def text(self) -> str:
        """All that it says, title first."""
        return "\n".join(filter(None, (self.subject, self.content, *(demand.text for demand in self.demands))))

    def matters(self, context: Context) -> tuple[Matter, dict[str, Matter]] | None:
        """What routing asks of it and of each demand (`d1`, `d2` …); None without a nature.

        Raises the DomainError of the field that names what the rulebook does not know.
        """
        if self.nature is None:
            return None
        against = tuple(accused(code, context, index) for index, code in enumerate(self.against))
        units = frozenset(unit for one in against for unit in (one.unit, *one.staff_units) if unit)
        area = known_area(self.place.area, context, "place", "area") if self.place else None
        category = known_category(self.category, context, "category")
        demands = {
            f"d{number}": Matter(
                form.nature or self.nature,
                known_category(form.category, context, "demands", number - 1, "category") or category,
                area,
                units,
            )
            for number, form in enumerate(self.demands, start=1)
        }
        return Matter(self.nature, category, area, units), demands


def matter_of(petition: Petition) -> Matter:
    """What routing asks of a petition that is registered."""
    area = petition.place.area if petition.place else None
    return Matter(petition.nature, petition.category, area, petition.against_units)


def demand_matters(petition: Petition) -> dict[str, Matter]:
    """What routing asks of each of its demands."""
    whole = matter_of(petition)
    return {
        one.id: Matter(one.nature, one.category or whole.category, whole.area, whole.accused)
        for one in petition.demands
    }
