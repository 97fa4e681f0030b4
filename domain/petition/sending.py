"""居民提交: what a resident writes on the public pages, in simple words, made into the intake of the web channel."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from domain.kernel import Command
from domain.petition.command import CodeText, Line, Prose, Short
from domain.petition.intake import PetitionerForm, Phone, PlaceForm, ReceivePetition, SourceForm
from domain.vocabulary import Channel, Nature, Role

PUBLIC_SITE = "居民网页"
"""The source site of what comes in through the service's own public pages."""
MOST_FILES = 5


class SendPetition(Command):
    """提交民情: a resident tells what is wrong and, if they like, who they are.

    Only what is needed (《个人信息保护法》 6): without a name it is anonymous. `against` names units that it is about;
    they never see it (L1 30).
    """

    title: ClassVar[str] = "提交民情"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.RESIDENT})

    nature: Nature = Field(title="您想做什么")
    subject: Line = Field(alias="title", title="一句话说明")
    content: Prose = Field(title="详细情况", max_length=5000)
    area: CodeText | None = Field(None, title="所在社区")
    address: Line | None = Field(None, title="地点")
    name: Short | None = Field(None, title="姓名")
    phone: Phone | None = Field(None, title="电话")
    against: tuple[CodeText, ...] = Field((), title="反映的单位", max_length=10)
    attachments: tuple[CodeText, ...] = Field((), title="照片或文件", max_length=MOST_FILES)

    def receiving(self) -> ReceivePetition:
        """The step that takes it in."""
        place = PlaceForm(area=self.area, address=self.address) if self.area or self.address else None
        named = self.name or self.phone
        return ReceivePetition(
            channel=Channel.WEB,
            nature=self.nature,
            title=self.subject,
            content=self.content,
            petitioners=(PetitionerForm(name=self.name, phone=self.phone),) if named else (),
            place=place,
            against=self.against,
            attachments=self.attachments,
            source=SourceForm(site=PUBLIC_SITE),
        )
