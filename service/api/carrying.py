"""Routes that carry out commands on the event loop, without a thread of their own and past what they do not need."""

from __future__ import annotations

from contextlib import suppress
from typing import get_type_hints

from fastapi import Request, Response
from pydantic import ValidationError

from domain.petition.command import PetitionCommand
from service.api.signed_in import LONGEST_NUMBER, Handler, SignedIn, reader_of

CHECKED = ("if-match", "idempotency-key")
"""Headers that the framework checks and hands over."""


class Carrying(SignedIn):
    """A route whose endpoint takes `command`, `request`, `caller`, what the path holds, and maybe the headers below.

    A request that brings a valid body, and nothing else to be checked, goes there directly. All others go the
    framework's way, which ends at the same endpoint or says of each mistake what is wrong.
    """

    def handler(self) -> Handler:
        """The short way where it can be taken, else the framework's."""
        handle, endpoint = super().handler(), self.endpoint
        kind: type[PetitionCommand] = get_type_hints(endpoint)["command"]

        async def carry_out(request: Request) -> Response:
            path, headers = request.path_params, request.headers
            if not any(name in headers for name in CHECKED) and all(len(v) <= LONGEST_NUMBER for v in path.values()):
                with suppress(ValidationError):
                    command = kind.model_validate(await request.json())
                    caller = await reader_of(request)
                    found: Response = await endpoint(command=command, request=request, caller=caller, **path)
                    return found
            return await handle(request)

        return carry_out
