"""Showing a file on the event loop: one at hand is not read again if nothing has happened to it since."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from psycopg import Error

from domain.petition.petition import Petition
from service.access import Caller
from service.file_view import FileView, file_view
from service.files import Files
from service.fresh import Fresh
from service.readings import Reader
from service.work import Work
from service.world import World, asked

if TYPE_CHECKING:
    from service.desk import Desk


class Viewing:
    """Views of files as work; thread-safe."""

    def __init__(self, desk: Desk, files: Files, world: World, fresh: Fresh) -> None:
        """`desk` reads what is not at hand."""
        self._desk, self._files, self._world, self._fresh = desk, files, world, fresh

    def view(self, caller: Caller, number: str, *, request_id: str) -> Work[FileView]:
        """The file as the caller may see it, as `Desk.view`."""
        held = yield from self._files.held(number)
        try:
            view = (yield from self._at_hand(caller, held.petition, request_id)) if held.petition else None
        finally:
            self._files.let_go(held)
        if view is not None:
            return view
        read: FileView = yield partial(self._desk.view, caller, number, request_id=request_id)
        return read

    def _at_hand(self, caller: Caller, petition: Petition, request_id: str) -> Work[FileView | None]:
        """The view of a file that was read before; None where it must be read again to tell."""
        context = yield from self._world.context(caller, request_id)
        if not self._desk.shows(caller, petition):
            return None
        grant = caller.reader(petition, context.rulebook)
        reader = Reader(context.now, caller.staff, grant, request_id) if grant else None
        try:
            still = yield self._fresh.ask(petition.number, petition.version, reader)
        except Error:
            return None
        if not still:
            return None
        named = named_in(petition)
        known = (yield partial(self._desk.known, caller, named)) if named else frozenset()
        return (yield from asked(partial(file_view, petition, context, full=grant is not None, known=known)))


def named_in(petition: Petition) -> set[str]:
    """The numbers of other files that the file names."""
    return set(filter(None, (petition.duplicate_of, petition.arises_from, *petition.duplicates)))
