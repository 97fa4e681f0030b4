"""All projections: what the runner feeds, `rebuild` rebuilds and `check` compares."""

from __future__ import annotations

from projections.audit import Audit
from projections.bulletin import Bulletin
from projections.clocks import Clocks
from projections.file import FileTimeline
from projections.ledger import Ledger
from projections.likeness import Likeness
from projections.meetings import Meetings
from projections.objections import Objections
from projections.oversight import Oversight
from projections.projection import Projection
from projections.search import Search
from projections.staff import StaffDirectory
from projections.statistics import Statistics
from projections.worklist import Worklist

PROJECTIONS: tuple[Projection, ...] = (
    Ledger(),
    FileTimeline(),
    Worklist(),
    Objections(),
    Search(),
    Likeness(),
    Statistics(),
    Audit(),
    StaffDirectory(),
    Meetings(),
    Bulletin(),
    Oversight(),
    Clocks(),
)
