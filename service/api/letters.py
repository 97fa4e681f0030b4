"""文书: the letters of a file, those that could be issued, and each on paper."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Path, Response

from service.api.answers import IssuedLetter, LetterList, PossibleLetter
from service.api.problems import problems
from service.api.signed_in import TOKEN, SignedIn
from service.asked.given import API, Number, PartsOf, ReaderOf, RequestId
from service.downloads import as_download

TAGS: list[str | Enum] = ["文书 letters"]

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN])


@router.get("/petitions/{number}/letters", tags=TAGS, summary="文书目录", responses=problems(403, 404))
def read_letters(number: Number, parts: PartsOf, caller: ReaderOf) -> LetterList:
    """The letters that were issued on the file and whether they were served; and which could be issued now.

    `issue-letter` takes `kind` and `about` of one that could be (`issue-order` for a supervision order).
    """
    issued, possible = parts.papers.letters(caller, number)
    return LetterList(
        issued=[
            IssuedLetter(
                id=name,
                kind=one.kind,
                title=one.kind.zh,
                number=one.number,
                about=one.about,
                petitioner=one.petitioner,
                issued_at=one.issued.occurred_at or one.issued.recorded_at,
                issued_by=one.issued.actor.id,
                to_be_served=one.to_petitioner and one.served is None,
                served_at=one.served.occurred_at if one.served else None,
                served_by=one.served.actor.id if one.served else None,
            )
            for name, one in issued.items()
        ],
        possible=[PossibleLetter(kind=kind, title=kind.zh, about=about) for kind, about in possible],
    )


@router.get(
    "/petitions/{number}/letters/{letter}",
    tags=TAGS,
    summary="打印文书",
    responses=problems(403, 404, 500),
    response_class=Response,
)
def read_letter(
    number: Number,
    letter: Annotated[str, Path(max_length=64)],
    parts: PartsOf,
    caller: ReaderOf,
    request_id: RequestId,
) -> Response:
    """A letter as .docx, the same however often it is printed; what was erased since shows as erased.

    For who may read the file's personal data; the reading is logged for the committee.
    """
    content = parts.papers.letter(caller, number, letter, request_id=request_id)
    return as_download(content, letter)


@router.get(
    "/petitions/{number}/dossier",
    tags=TAGS,
    summary="打印卷宗",
    responses=problems(403, 404, 500),
    response_class=Response,
)
def read_dossier(number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> Response:
    """The whole file (卷宗) as .docx in archive order, with cover and contents.

    For who may read the file's personal data; the reading is logged for the committee.
    """
    return as_download(parts.papers.dossier(caller, number, request_id=request_id), number)
