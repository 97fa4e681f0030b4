"""Every fact that a petition can hold, by stem. Append-only: stored bytes name these topics for ever."""

from domain.petition.events import handling, publishing, receiving, recollecting, supervising

__all__ = ["handling", "publishing", "receiving", "recollecting", "supervising"]
