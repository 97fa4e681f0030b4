"""What of a file is handed out as a whole: its attachments, and what redaction would make of a draft.

Whatever shows personal data is for who may read it, and the reading is logged before it is shown.
"""

from __future__ import annotations

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from domain.errors import DomainError, Forbidden, Restricted, UnknownAttachment
from domain.kernel import Attachment, Context
from domain.petition.petition import Petition
from domain.petition.publishing import DraftPublication
from domain.petition.publishing_redaction import Preview
from service import attachments
from service.access import Caller
from service.desk import Desk
from service.vault import Vault


class Papers:
    """Hands out papers to callers; thread-safe."""

    def __init__(self, *, desk: Desk, vault: Vault, pool: ConnectionPool[Connection[TupleRow]]) -> None:
        """Take the parts it works with."""
        self._desk = desk
        self._vault = vault
        self._pool = pool

    def preview(self, caller: Caller, number: str, draft: DraftPublication, *, request_id: str) -> Preview:
        """What redaction would make of a draft of a publication; nothing happens to the file.

        For who may draft it now: it tells whether words are somebody's data, so it is logged as a reading.
        """
        petition, context = self._desk.load(caller, number), self._desk.context(caller, request_id)
        barred = draft.barred(petition, context)
        if isinstance(barred, DomainError):
            raise barred
        self._read(caller, petition, context)
        return draft.preview(petition)

    def upload(self, caller: Caller, content: bytes, media_type: str) -> str:
        """Keep an uploaded file sealed until a step names its id. Raises `TooLarge`, `UnsupportedMedia`."""
        with self._pool.connection() as connection:
            return attachments.upload(
                connection,
                self._vault,
                content=content,
                media_type=media_type,
                staff=caller.staff,
                now=self._desk.now(),
            )

    def attachment(self, caller: Caller, number: str, name: str, *, request_id: str) -> tuple[Attachment, bytes]:
        """An attached file with its content, for who may read the file's personal data; the reading is logged.

        Raises `UnknownAttachment` where there is none, also one that was erased, and `Forbidden` for other callers.
        """
        petition, context = self._desk.load(caller, number), self._desk.context(caller, request_id)
        if caller.reader(petition, context.rulebook) is None:
            raise Forbidden
        found = petition.attachments.get(name)
        if found is None:
            raise UnknownAttachment
        with self._pool.connection() as connection:
            content = attachments.content_of(connection, found)
        if content is None:
            raise UnknownAttachment
        self._read(caller, petition, context)
        return found, content

    def _read(self, caller: Caller, petition: Petition, context: Context) -> None:
        """Enter that the caller reads the file's personal data; raises `Restricted`, `Forbidden` where they may not."""
        grant = caller.reader(petition, context.rulebook)
        if grant is None:
            raise Restricted if None in petition.restricted else Forbidden
        self._desk.log_reading(caller, grant, petition.number, context)
