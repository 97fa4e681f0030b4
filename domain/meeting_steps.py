"""Every step on a meeting that was called, by its kebab-case name; importing the modules that hold them fills it."""

from __future__ import annotations

from domain import meeting_erasure, meeting_summary
from domain.meeting import MEETING_STEPS as STEPS

__all__ = ["STEPS", "meeting_erasure", "meeting_summary"]
