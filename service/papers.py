"""What of a file is handed out as a whole: attachments, letters, the bound file (卷宗), the preview of a publication.

Whatever shows personal data is for who may read it, and the reading is logged before it is shown.
"""

from __future__ import annotations

from functools import cache

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from domain.errors import DomainError, Forbidden, Restricted, UnknownAttachment, UnknownLetter, UnknownStaff
from domain.kernel import Attachment, Event
from domain.petition.events.receiving import LetterIssued
from domain.petition.publishing import DraftPublication
from domain.petition.publishing_redaction import Preview
from domain.petition.receiving_letters import possible_letters
from domain.petition.references import known_of
from domain.petition.state import Letter
from domain.redaction import redact
from domain.staff import Staff, staff_stream
from domain.vocabulary import LetterKind, Role
from projections.file_queries import NUMBERS, conceals
from service import attachments
from service.access import Caller
from service.desk import Desk
from service.dossier import dossier
from service.file_view import FileView, Words, file_view
from service.letters import Letters
from service.readings import Reveal, log_reading
from service.store import Store
from service.vault import Vault


class Papers:
    """Hands out papers to callers; thread-safe."""

    def __init__(
        self,
        *,
        desk: Desk,
        store: Store,
        letters: Letters,
        vault: Vault,
        pool: ConnectionPool[Connection[TupleRow]],
    ) -> None:
        """Take the parts it works with."""
        self._store = store
        self._desk = desk
        self._letters = letters
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
        self._desk.reading(caller, petition, context)
        return draft.preview(petition)

    def reveal(self, caller: Caller, number: str, why: Reveal, *, request_id: str) -> FileView:
        """The file with its personal data, for the committee, which reads it masked otherwise and says why it looks.

        Logged with the reason before it is shown, apart from the file's own stream. Raises `Restricted` for data that
        is not processed at all, `Forbidden` for everybody else.
        """
        grant = next((one for one in sorted(caller.grants, key=repr) if one.role is Role.SUPERVISOR), None)
        if grant is None:
            raise Forbidden
        petition, context = self._desk.load(caller, number), self._desk.context(caller, request_id)
        if None in petition.restricted:
            raise Restricted
        note = redact(why.note, known_of(petition.everyone)).text  # kept for ever, where no erasure reaches
        why = why.model_copy(update={"note": note})
        log_reading(self._pool, caller, grant, petition.number, context, why=why)
        named = set(filter(None, (petition.duplicate_of, petition.arises_from, *petition.duplicates)))
        return file_view(petition, context, full=True, known=self._desk.known(caller, named))

    def letters(self, caller: Caller, number: str) -> tuple[dict[str, Letter], list[tuple[LetterKind, str | None]]]:
        """The letters that were issued, by id, and those that could be; none of it is personal."""
        petition = self._desk.load(caller, number)
        return petition.letters, list(possible_letters(petition))

    def letter(self, caller: Caller, number: str, name: str, *, request_id: str) -> bytes:
        """An issued letter as .docx, for who may read the file's personal data; the reading is logged.

        A supervision order names no petitioner: the committee prints it too, and everybody reads it masked.
        Raises `UnknownLetter`, `BrokenTemplate`, and `Forbidden` for other callers.
        """
        petition, context = self._desk.load(caller, number), self._desk.context(caller, request_id)
        full = caller.reader(petition, context.rulebook) is not None
        letter = petition.letters.get(name)
        masked = letter is not None and letter.kind is LetterKind.ORDER
        if not full and not (masked and caller.committee):
            raise Forbidden
        if letter is None:
            raise UnknownLetter
        if not masked:
            self._desk.reading(caller, petition, context)
        fact = letter.issued.fact
        assert isinstance(fact, LetterIssued)
        words = Words(petition, full=not masked)
        return self._letters.printed(fact, lambda text: words.text(text) or "")

    def dossier(self, caller: Caller, number: str, *, request_id: str) -> bytes:
        """The whole file (卷宗) as .docx, for who may read its personal data; the reading is logged.

        Raises `BrokenTemplate`, and `Forbidden` for other callers.
        """
        petition, context = self._desk.load(caller, number), self._desk.context(caller, request_id)
        self._desk.reading(caller, petition, context)
        history = self._store.history(petition.number)
        named = {number for one in history for number in _named(one.fact)}
        known = self._desk.known(caller, named)
        told = [one for one in history if not conceals(one.fact.TOPIC, _named(one.fact), known)]
        values = dossier(told, petition, context, known=known, staff=cache(self._name_of))
        return self._letters.bound(values)

    def _name_of(self, staff: str) -> str:
        """What a member of staff is called on paper; the id of who is none."""
        try:
            name = self._store.fold(Staff(staff_stream(staff))).name
        except UnknownStaff:
            return staff
        return name if isinstance(name, str) else staff

    def upload(self, caller: Caller, content: bytes, media_type: str) -> str:
        """Keep an uploaded file sealed until a step names its id. Raises as `uploads.fit`."""
        with self._pool.connection() as connection:
            return attachments.upload(
                connection,
                self._vault,
                content=content,
                media_type=media_type,
                staff=caller.staff,
                now=self._desk.now(),
            )

    def sweep(self) -> int:
        """Throw away uploads that nobody attached within a day; how many."""
        with self._pool.connection() as connection:
            return attachments.sweep(connection, self._desk.now())

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
        self._desk.reading(caller, petition, context)
        return found, content


def _named(fact: Event) -> set[str]:
    """The numbers of other files that an event names."""
    return {str(value) for field in NUMBERS if (value := getattr(fact, field, None))}
