"""公示回应: facts about putting the result before the public."""

from __future__ import annotations

from typing import ClassVar

from domain.kernel import Event, Personal, registered
from domain.petition.events.values import Redaction
from domain.vocabulary import Outlet, WaiverGround


@registered
class PublicationDrafted(Event):
    """公示拟稿: the redacted text (脱敏), what was taken out and why. A new draft voids the old approval.

    References to petitioners stand for their masked form, to every reader. The text is sealed all the same: a redaction
    may have missed something. `digest` is that of the redacted draft, `before` that of the draft as it was typed, under
    the same salt; None in drafts of old (version 1), whose redactions also say less.
    """

    TOPIC: ClassVar[str] = "petition.publication_drafted"
    VERSION: ClassVar[int] = 2
    title: Personal[str]
    text: Personal[str]
    redactions: tuple[Redaction, ...] = ()
    salt: Personal[str]
    digest: str
    before: str | None = None


@registered
class PublicationApproved(Event):
    """公示审核通过: exactly the draft with this digest, by a second person."""

    TOPIC: ClassVar[str] = "petition.publication_approved"
    digest: str


@registered
class PublicationSentBack(Event):
    """公示退回修改."""

    TOPIC: ClassVar[str] = "petition.publication_sent_back"
    digest: str
    reason: Personal[str]


@registered
class ResultPublished(Event):
    """公示: the approved text went to these outlets. Sealed all the same, so that an erasure reaches it."""

    TOPIC: ClassVar[str] = "petition.result_published"
    title: Personal[str]
    text: Personal[str]
    digest: str
    outlets: tuple[Outlet, ...]


@registered
class PublicationWaived(Event):
    """不公示, because secrecy or privacy demands it; with the reason."""

    TOPIC: ClassVar[str] = "petition.publication_waived"
    ground: WaiverGround
    reason: Personal[str]


@registered
class PublicationWithdrawn(Event):
    """撤回公示: taken down from the outlets; that it was published stays on record."""

    TOPIC: ClassVar[str] = "petition.publication_withdrawn"
    reason: Personal[str]


@registered
class PublicationCorrected(Event):
    """更正公示: a corrected, newly approved text replaced the one on the outlets."""

    TOPIC: ClassVar[str] = "petition.publication_corrected"
    title: Personal[str]
    text: Personal[str]
    digest: str
    outlets: tuple[Outlet, ...]
    reason: Personal[str]
