"""Days that callers name: within the calendar that can be counted with, and in order."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from domain.errors import Invalid

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]


def check_order(first: date | None, last: date | None) -> None:
    """Invalid naming `to` where it lies before `from`."""
    if first is not None and last is not None and last < first:
        raise Invalid(("to",), field="to", reason="不得早于 from", reason_en="must not lie before from")
