"""What can be asked of the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.kernel import occurred
from domain.petition.command import Moment
from domain.vocabulary import Role
from projections.audit_queries import AuditFilter
from service.asked.given import WAIT

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


class AuditQuery(BaseModel):
    """Which steps; times from included, to excluded; without an offset they are of Asia/Shanghai."""

    model_config = ConfigDict(extra="forbid")

    actor: Name | None = None
    stream: Name | None = Field(None, description="A file's number, `rulebook`, `staff:<id>` or `meeting:<id>`.")
    topic: Name | None = Field(None, examples=["petition.accepted"])
    role: Role | None = None
    unit: Name | None = None
    on_behalf_of: Name | None = None
    backdated: bool | None = Field(None, description="Only what was entered late, with a reason.")
    recorded_from: Moment | None = None
    recorded_to: Moment | None = None
    occurred_from: Moment | None = None
    occurred_to: Moment | None = None
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of the page before.")
    limit: int = Field(100, ge=1, le=200)
    after: int | None = Field(None, ge=0, description=WAIT)

    def filter(self) -> AuditFilter:
        """The query for the projection."""
        return AuditFilter(
            actor=self.actor,
            stream=self.stream,
            topic=self.topic,
            role=self.role and self.role.value,
            unit=self.unit,
            on_behalf_of=self.on_behalf_of,
            backdated=self.backdated,
            recorded_from=_instant(self.recorded_from),
            recorded_to=_instant(self.recorded_to),
            occurred_from=_instant(self.occurred_from),
            occurred_to=_instant(self.occurred_to),
        )


def _instant(moment: datetime | None) -> datetime | None:
    """An instant in UTC."""
    return None if moment is None else occurred(moment, moment)
