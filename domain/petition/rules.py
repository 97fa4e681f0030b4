"""Rules that steps of several stems share: separation of duties, and ways to say no."""

from __future__ import annotations

from collections.abc import Collection

from domain.errors import DomainError, NotApproved, NotPossibleNow, TwoPeopleNeeded
from domain.kernel import Context
from domain.petition.petition import Petition
from domain.petition.stages import Stage
from domain.petition.state import Asked, Draft


def not_possible(zh: str, en: str) -> NotPossibleNow:
    """Something beside the stage forbids the step now."""
    return NotPossibleNow(reason=zh, reason_en=en)


def another_person(context: Context, *did: Collection[str]) -> TwoPeopleNeeded | None:
    """Refuse whoever did this part of the work, themselves or by a stand-in."""
    return TwoPeopleNeeded() if any(context.persons & set(people) for people in did) else None


def not_waiting_yet(asked: Asked | None, matter: tuple[str, str]) -> DomainError | None:
    """Refuse to ask for what waits for a decision already; `matter` is what is asked for, in Chinese and English."""
    zh, en = matter
    return not_possible(f"已有待审批的{zh}申请", f"one {en} waits for approval already") if asked is not None else None


def decided_by_another(
    asked: Asked | None, matter: tuple[str, str], context: Context, *did: Collection[str]
) -> DomainError | None:
    """Refuse a decision on what nobody asked for, and by whoever asked for it or did this part of the work."""
    zh, en = matter
    if asked is None:
        return not_possible(f"没有待审批的{zh}申请", f"no {en} waits for approval")
    return another_person(context, asked.by, *did)


def not_own_work(petition: Petition, context: Context) -> TwoPeopleNeeded | None:
    """Nobody publishes, reviews or follows up a file that they worked on, in any of its rounds."""
    return another_person(context, petition.worked)


def not_ended_by_whoever_worked(petition: Petition, context: Context) -> TwoPeopleNeeded | None:
    """Nobody takes a file that they worked on out of the loop, once it was accepted: that would close it unheard."""
    return None if petition.stage is Stage.RECEIVING else not_own_work(petition, context)


def waiting_digest(draft: Draft | None, named: str | None) -> str:
    """The digest of the draft that waits; NotApproved where another one was named."""
    if draft is None or (named is not None and named != draft.digest):
        raise NotApproved(("digest",))
    return draft.digest
