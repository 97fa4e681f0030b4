"""档案: what happened on a file in order, without personal data.

For the file page of those who may not decrypt, and for everybody after an erasure. An entry keeps an event's codes as
they are and its texts masked; what of an event is personal is said by the event class itself (`personal_fields`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, ClassVar, get_args, get_origin

from psycopg.types.json import Jsonb
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from domain.kernel import Erased, PersonalTree, Recorded, Seal, personal_fields
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.stages import BEGINNINGS, TRANSITIONS
from projections.masked import masked, masked_people, published, whom
from projections.projection import Projection, Write

Masking = Callable[[str | Erased | None], str | None]

NOT_SHOWN = frozenset({"petitioners", "salt", "query_code_digest", "key", "point"})
"""Fields that no entry shows: petitioners stand in `people`, the others are secrets (`key` opens an attached file),
mean nothing to a reader, or have no masked form.
"""
NOT_RETOLD: Mapping[type[BaseModel], frozenset[str]] = {r.LetterIssued: frozenset({"content"})}
"""Fields of one kind of event that only repeat what the file says elsewhere."""

PUBLIC: Mapping[type[BaseModel], frozenset[str]] = dict.fromkeys(
    (p.ResultPublished, p.PublicationCorrected), frozenset({"title", "text"})
)
"""Fields whose text was approved for the public: it shows as it hangs there, with what a person took back."""

DDL = """
CREATE TABLE {schema}.files (
    number text COLLATE "C" PRIMARY KEY,
    round integer NOT NULL,
    people jsonb NOT NULL,
    restricted text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE {schema}.entries (
    number text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL,
    topic text NOT NULL,
    occurred_at timestamptz,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    role text,
    unit text,
    on_behalf_of text,
    backdated boolean NOT NULL,
    round integer NOT NULL,
    codes jsonb NOT NULL,
    texts jsonb NOT NULL,
    PRIMARY KEY (number, version)
);
"""

OPEN = """
INSERT INTO {schema}.files (number, round, people) VALUES (%(number)s, %(round)s, %(people)s)
"""
ENTER = """
INSERT INTO {schema}.entries (number, version, position, topic, occurred_at, recorded_at, actor, role, unit,
    on_behalf_of, backdated, round, codes, texts)
SELECT %(number)s, %(version)s, %(position)s, %(topic)s, %(occurred_at)s, %(recorded_at)s, %(actor)s, %(role)s,
    %(unit)s, %(on_behalf_of)s, %(backdated)s, f.round, %(codes)s, %(texts)s
FROM {schema}.files f WHERE f.number = %(number)s
"""
NEXT_ROUND = "UPDATE {schema}.files SET round = %(round)s WHERE number = %(number)s"
ADD_PEOPLE = """
UPDATE {schema}.files SET people = people || %(people)s WHERE number = %(number)s
"""
RESTRICT = "UPDATE {schema}.files SET restricted = array_append(restricted, %(whom)s) WHERE number = %(number)s"
LIFT = "UPDATE {schema}.files SET restricted = array_remove(restricted, %(whom)s) WHERE number = %(number)s"
FORGET_PERSON = "UPDATE {schema}.files SET people = people - %(whom)s::text WHERE number = %(number)s"
FORGET_PEOPLE = "UPDATE {schema}.files SET people = '{}' WHERE number = %(number)s"
FORGET_TEXTS = "UPDATE {schema}.entries SET texts = '{}' WHERE number = %(number)s AND version < %(version)s"


class FileTimeline(Projection):
    """档案: the timeline of every file."""

    name: ClassVar[str] = "file"
    version: ClassVar[int] = 5
    ddl: ClassVar[str] = DDL
    by_key: ClassVar[bool] = True

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """An entry for every event of a petition; its people and its round where the event changes them."""
        if type(recorded.fact) not in TRANSITIONS and type(recorded.fact) not in BEGINNINGS:
            return
        yield from _file(recorded)
        yield ENTER, _entry(recorded)


def _file(recorded: Recorded) -> Iterator[Write]:
    """What the event changes about the file as a whole."""
    number = {"number": recorded.stream}
    match recorded.fact:
        case r.PetitionReceived(petitioners=people) | r.PetitionImported(petitioners=people) as fact:
            yield (
                OPEN,
                {**number, "round": int(isinstance(fact, r.PetitionReceived)), "people": Jsonb(masked_people(people))},
            )
        case r.ImportedPetitionTakenUp():
            yield NEXT_ROUND, {**number, "round": 1}
        case c.PetitionReopened(round=round_number):
            yield NEXT_ROUND, {**number, "round": round_number}
        case r.PetitionCorrected(petitioners=people) if people is not None:
            yield ADD_PEOPLE, {**number, "people": Jsonb(masked_people(people))}
        case r.DataRestricted(petitioner=who):
            yield RESTRICT, {**number, "whom": whom(who)}
        case r.RestrictionLifted(petitioner=who):
            yield LIFT, {**number, "whom": whom(who)}
        case r.DataErased(petitioner=None):
            yield FORGET_PEOPLE, number
            yield FORGET_TEXTS, {**number, "version": recorded.version}
        case r.DataErased(petitioner=who):
            yield FORGET_PERSON, {**number, "whom": whom(who)}
        case _:
            pass


def _entry(recorded: Recorded) -> dict[str, object]:
    """One line of the timeline: the envelope, codes as they are, texts masked."""
    actor, fact = recorded.actor, recorded.fact
    texts: dict[str, str] = {}
    _collect(fact, "", texts)
    return {
        "number": recorded.stream,
        "version": recorded.version,
        "position": recorded.position,
        "topic": fact.TOPIC,
        "occurred_at": recorded.occurred_at,
        "recorded_at": recorded.recorded_at,
        "actor": actor.id,
        "role": actor.role,
        "unit": actor.unit,
        "on_behalf_of": actor.on_behalf_of,
        "backdated": recorded.backdated_because is not None,
        "codes": Jsonb(fact.model_dump(mode="json", exclude_none=True, exclude=_no_codes(type(fact)))),
        "texts": Jsonb(texts),
    }


@cache
def _no_codes(model: type[BaseModel]) -> dict[str, Any]:
    """What a dump of an event leaves out so that its codes are left: what no entry shows, and all that is personal."""
    return {**_personal(personal_fields(model), model.model_fields), **dict.fromkeys(NOT_SHOWN, True)}


def _personal(tree: PersonalTree, fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """The personal fields of a model as pydantic leaves them out, those of models in its fields included."""
    left_out: dict[str, Any] = {}
    for name, below in tree.items():
        if isinstance(below, Seal):
            left_out[name] = True
            continue
        models, many = _held(fields[name].annotation)
        inside = _personal(below, {key: info for model in models for key, info in model.model_fields.items()})
        left_out[name] = {"__all__": inside} if many else inside
    return left_out


def _held(annotation: Any) -> tuple[list[type[BaseModel]], bool]:
    """The models that a field holds, and whether it holds many."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation], False
    inside = [_held(part) for part in get_args(annotation)]
    many = get_origin(annotation) is tuple or any(many for _, many in inside)
    return [model for models, _ in inside for model in models], many


@cache
def _texts_of(model: type[BaseModel]) -> tuple[tuple[str, Masking | None], ...]:
    """The fields that an entry shows as texts, and what it makes of each; None for models that have such fields."""
    tree, public = personal_fields(model), PUBLIC.get(model, frozenset())
    shown = [name for name in tree if name not in NOT_SHOWN | NOT_RETOLD.get(model, frozenset())]
    nested = [(name, None) for name in shown if not isinstance(tree[name], Seal)]
    texts = [
        (name, published if name in public else masked) for name in shown if tree[name] is Seal.FILE or name in public
    ]
    return (*texts, *nested)


def _collect(model: BaseModel, path: str, texts: dict[str, str]) -> None:
    """Gather a model's texts, masked, by where they stand (`demands.0.text`); erased ones are left out."""
    said = vars(model)
    for name, masking in _texts_of(type(model)):
        value = said.get(name)
        if value is None:
            continue
        if masking is not None:
            text = masking(value)
            if text is not None:
                texts[f"{path}{name}"] = text
        elif isinstance(value, tuple):
            for place, item in enumerate(value):
                _collect(item, f"{path}{name}.{place}.", texts)
        else:
            _collect(value, f"{path}{name}.", texts)
