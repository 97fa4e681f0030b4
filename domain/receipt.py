"""The receipt of a request: what was answered, kept so that the same letter or click never acts twice."""

from __future__ import annotations

from typing import ClassVar

from domain.kernel import Event, Personal, registered


@registered
class ReceiptIssued(Event):
    """A request was carried out, and this was the answer.

    `stream` and `version` are the file that the request made or changed and the version it reached (a petition's stream
    is its number); `stage` and `round` are where the file stood then; `request_digest` is a keyed hash of the request's
    body. `query_code` is sealed under the file's own key, so that erasing the file takes it too.
    """

    TOPIC: ClassVar[str] = "receipt.issued"

    stream: str
    version: int
    stage: str
    round: int
    request_digest: str
    query_code: Personal[str] | None = None


def receipt_stream(name: str) -> str:
    """The stream of the receipt with this name, a keyed hash in hexadecimal of what must not come twice."""
    return f"receipt:{name}"
