"""Petitions of many kinds that went their way by events: what the copies of a large office are copies of.

Channels, natures, categories, places and units are common and rare, texts hold common and rare words, and some files
are still on their way while others have ended, soon or after the whole loop.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from ops.bench import office

Step = tuple[str, str, Mapping[str, Any]]
Way = Sequence[Step]
Chosen = tuple[dict[str, object], Way, bool]
"""A petition's body, the steps it takes with who takes them, and whether they end it."""

UNITS = {"ZF": 40, "WY": 20, "HW": 15, "CG": 10, "MS": 6, "PA": 5, "DQ": 2, "JW": 2}
CHANNELS = {"hotline": 40, "web": 30, "window": 15, "officer": 10, "letter_visit": 4, "symposium": 1}
NATURES = {"complaint": 50, "help": 25, "suggestion": 12, "consult": 8, "report": 4, "thanks": 1}
CATEGORIES = ("020102", "010201", "010301", "080202", "040101", "090101", "050202", "010101", "020301", "030101",
              "010402", "020203", "030202", "040103", "070301", "120102", "090202")  # fmt: skip
PLACES = ("A01G1B01", "A01G1B02", "A01G1B03", "A02G1B01", "A02G1B02", "A03G1B01", "A04G1B01", "A05G1B02", "A06G1B01",
          "A07G1B01", "A08G1B01", "A03", "A08", None)  # fmt: skip
RARE_WORDS = ("玻璃幕墙", "天线塔", "鹦鹉", "古井", "电缆沟")
RARELY = 60
"""A rare word stands in the title of one petition in so many."""

ACCEPT: Step = ("intake", "accept-petition", {"notice": "sms"})
SIGNED: tuple[Step, ...] = (
    ACCEPT,
    ("intake", "assign-petition", {"lead": "$unit"}),
    ("$handler", "sign-for", {}),
)
WORKED: tuple[Step, ...] = (*SIGNED, ("$handler", "note-progress", {"text": "已到现场查看，正在处理。"}))
REPLIED: tuple[Step, ...] = (
    *WORKED,
    ("$handler", "contact-resident", {"method": "phone", "reached": True}),
    ("$handler", "report-outcome", {"answers": [{"demand": "d1", "outcome": "resolved", "text": "已处理完毕。"}]}),
    ("$handler", "draft-reply", {"text": "您反映的问题已处理完毕，感谢您的支持。"}),
    ("approver", "approve-reply", {}),
    ("$handler", "deliver-reply", {"method": "sms"}),
)
PUBLISHED: tuple[Step, ...] = (
    *REPLIED,
    ("publisher", "draft-publication", {"title": "处理结果", "text": "居民反映的问题已处理完毕。"}),
    ("publisher-2", "approve-publication", {}),
    ("publisher", "publish-result", {"outlets": ["board", "wechat"]}),
)
CLOSED: tuple[Step, ...] = (
    *PUBLISHED,
    ("caller", "follow-up", {"method": "phone", "solved": "solved", "satisfaction": "satisfied"}),
    ("caller", "recollect", {"settled": True}),
)
COURT = {"ground": "court", "article": "《信访工作条例》第三十一条", "reason": "已由人民法院立案。", "notice": "post"}

WAYS: tuple[tuple[int, bool, Way], ...] = (
    (20, True, [("intake", "answer-at-once", {"text": "服务大厅周六上午开放。", "delivery": "phone"})]),
    (8, True, [("intake", "ask-decline", COURT), ("approver", "approve-decline", {})]),
    (8, True, [ACCEPT, ("intake", "withdraw-petition", {"reason": "当事人自愿撤回。"})]),
    (24, True, CLOSED),
    (4, False, []),
    (6, False, [ACCEPT]),
    (12, False, SIGNED),
    (10, False, WORKED),
    (4, False, REPLIED),
    (4, False, PUBLISHED),
)
"""How many of a hundred go which way, and whether that is their end."""


def chosen(chance: random.Random) -> Chosen:
    """A petition of some kind, common or rare."""
    body = office.petition(chance)
    unit, channel = _one(chance, UNITS), _one(chance, CHANNELS)
    category = CATEGORIES[min(int(chance.expovariate(0.3)), len(CATEGORIES) - 1)]
    place = chance.choice(PLACES)
    body |= {"channel": channel, "nature": _one(chance, NATURES), "category": category}
    body |= {"place": {"area": place} if place else None}
    if not chance.randrange(RARELY):
        body["title"] = f"{body['title']}{chance.choice(RARE_WORDS)}"
    _, ends, way = chance.choices(WAYS, weights=[weight for weight, _, _ in WAYS])[0]
    if way and way[0][1] == "answer-at-once":
        body["nature"] = "consult"  # nothing else may be answered on the spot
    handler = "handler" if unit == "ZF" else f"handler-{unit.lower()}"
    filled = {"$unit": unit, "$handler": handler}
    steps = [
        (filled.get(who, who), step, {k: filled.get(str(v), v) for k, v in said.items()}) for who, step, said in way
    ]
    return body, steps, ends


def _one(chance: random.Random, weighted: Mapping[str, int]) -> str:
    return chance.choices([*weighted], weights=[*weighted.values()])[0]
