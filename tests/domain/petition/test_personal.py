"""What a person wrote, or is, stands sealed in every fact; what stands open are codes, numbers and names of offices."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from domain.kernel import Event, PersonalTree, Seal, personal_fields
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS, ImportPetition, ReceivePetition
from domain.petition.events import values as v
from domain.petition.references import FreeText, refer
from tests.domain.petition.samples import facts, sample

PETITION_FACTS = [kind for kind in facts() if kind.TOPIC.startswith(("petition.", "meeting."))]
"""What is said of a petition, or of a meeting that talks about some."""

OPEN = {
    "codes of the rulebook": {
        "area",
        "areas",
        "body",
        "categories",
        "category",
        "co_units",
        "grid",
        "lead",
        "proposed_unit",
        "superior",
        "unit",
        "units",
        "without",
        "window",
    },
    "members of staff": {"asked_by", "handler", "officer", "staff", "staff_units", "visitors"},
    "numbers of files": {
        "archive_number",
        "arises_from",
        "concluded_by",
        "duplicate",
        "legacy_number",
        "number",
        "principal",
    },
    "words of the rulebook": {"asked", "question"},
    "ids within the file": {"demand", "id", "of", "person", "petitioner", "photos", "scan"},
    "ids of other systems": {"message_id", "patrol", "receipt", "site", "source_id", "source_system", "work_order_id"},
    "names of offices, laws and meetings": {"article", "meeting", "register_of"},
    "digests": {"before", "digest", "query_code_digest", "template"},
    "letters": {"about", "document_number", "letter"},
    "how a due date came about": {"calendar", "clock", "rule"},
    "what a file is": {"media_type"},
}
"""The fields of text that are stored as they are."""


def open_texts(state: dict[str, Any], tree: PersonalTree) -> Iterator[str]:
    """The names of the fields in a fact that hold text in the clear. Samples hold the field's own name as text."""
    for name, value in state.items():
        seal = tree.get(name)
        if isinstance(seal, Seal):
            continue
        for one in value if isinstance(value, tuple) else [value]:
            if isinstance(one, dict):
                yield from open_texts(one, seal or {})
            elif one == name and not isinstance(one, Enum):
                yield name


@pytest.mark.parametrize("kind", PETITION_FACTS, ids=lambda kind: kind.TOPIC)
def test_only_codes_and_the_like_stand_open(kind: type[Event]) -> None:
    state = sample(kind).model_dump()
    assert set(open_texts(state, personal_fields(kind))) <= set().union(*OPEN.values())


def test_nothing_is_listed_as_open_that_no_fact_has() -> None:
    names = {name for kind in PETITION_FACTS for name in fields_of(kind)}
    assert set().union(*OPEN.values()) <= names


def fields_of(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield name
        for part in models_in(info.annotation):
            yield from fields_of(part)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def free_texts(model: type[BaseModel]) -> set[str]:
    """The fields of a step in which a person writes, forms inside it included."""
    return {
        name
        for one in (model, *(part for info in model.model_fields.values() for part in models_in(info.annotation)))
        for name, info in one.model_fields.items()
        if "FreeText" in repr(info.annotation) or any(isinstance(mark, FreeText) for mark in info.metadata)
    }


@pytest.mark.parametrize("step", [*STEPS.values(), ReceivePetition, ImportPetition], ids=lambda step: step.__name__)
def test_what_a_person_writes_is_never_stored_open(step: type[PetitionCommand]) -> None:
    """A free text goes into a sealed field of its name (a `subject` into the title, `words` into what is shown)."""
    tree = personal_fields(step.event)
    sealed = {name for name, _ in leaves(tree)}
    renamed = {"subject": "title", "words": "shown"}
    written = {renamed.get(name, name) for name in free_texts(step)} - {"backdated_because"}
    elsewhere = {"summary"} if step.__name__ == "Recollect" else set()
    assert written - elsewhere <= sealed


def leaves(tree: PersonalTree) -> Iterator[tuple[str, Seal]]:
    for name, seal in tree.items():
        if isinstance(seal, Seal):
            yield name, seal
        else:
            yield from leaves(seal)


@pytest.mark.parametrize(
    "words",
    ["甘棠梨", "甘 棠梨", "139 0000 1234", "１３９００００１２３４", "139-0000-1234", "+86 13900001234"],
)
def test_width_and_gaps_do_not_hide_a_person(words: str) -> None:
    person = v.Petitioner(id="p1", name="甘棠梨", phone="13900001234")
    told = refer(f"来电人{words}，请回复。", [person])
    assert "p1." in told
    assert words not in told


def test_a_number_inside_a_longer_one_is_another_number() -> None:
    person = v.Petitioner(id="p1", phone="13900001234")
    assert refer("工单 9139000012345", [person]) == "工单 9139000012345"
