"""What the address of a list asks for: blanks left out, and what cannot be told in the reader's language."""

from __future__ import annotations

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from service.errors import dotted, faults_of
from service.pages.screen import language_of

M = TypeVar("M", bound=BaseModel)


def asked_of(request: Request, model: type[M]) -> tuple[M, list[str]]:
    """The model as the address fills it, and no fault; or the model's defaults, and what of the address cannot be."""
    given = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    try:
        return model.model_validate(given), []
    except ValidationError as error:
        english = language_of(request) == "en"
        told = faults_of([dict(one) for one in error.errors()])
        return model(), [f"{dotted(fault.loc)}: {fault.text[english]}" for fault in told]
