"""One example for every step: what the documentation offers to try. People, places and matters are made up."""

from __future__ import annotations

from collections.abc import Mapping

Example = Mapping[str, object]

RECEIVING: Mapping[str, Example] = {
    "receive-petition": {
        "channel": "hotline",
        "nature": "complaint",
        "title": "楼下夜间施工扰民",
        "content": "石榴园1号楼前连续三晚十点后施工，老人孩子无法入睡，希望制止。",
        "petitioners": [{"name": "赵小禾", "phone": "13900000001", "address": "石榴园1号楼302室"}],
        "people_count": 1,
        "demands": [
            {"text": "制止夜间施工"},
            {"nature": "consult", "text": "请告知夜间施工的许可规定"},
        ],
        "place": {"area": "A02G1B01", "address": "石榴园1号楼前"},
        "urgency": "urgent",
        "category": "010302",
        "source": {"work_order_id": "GD-2026-1122-0007", "call_time": "2026-11-22T09:10:00+08:00"},
    },
    "classify-petition": {"nature": "complaint", "category": "010302", "urgency": "urgent", "secrecy": "open"},
    "accept-petition": {"notice": "sms"},
    "ask-decline": {
        "ground": "court",
        "article": "《信访工作条例》第三十一条",
        "reason": "该纠纷已由人民法院立案审理。",
        "notice": "post",
    },
    "approve-decline": {},
    "refuse-decline": {"reason": "立案材料不全，请先受理。"},
    "ask-notice-waiver": {"reason": "所留电话已停机，信件退回。"},
    "approve-notice-waiver": {},
    "refuse-notice-waiver": {"reason": "可到所在社区当面告知。"},
    "refer-petition": {"body": "区住房和城乡建设局", "reason": "属区级主管部门职责。", "notice": "phone"},
    "answer-at-once": {"text": "服务大厅周六上午开放，请携带身份证。", "delivery": "in_person"},
    "steer-to-procedure": {"procedure": "arbitration", "reason": "属劳动争议，应先申请仲裁。", "notice": "in_person"},
    "withdraw-petition": {"reason": "当事人表示问题已自行解决，自愿撤回。"},
    "refuse-further": {
        "reason": "以同一事实和理由重复提出，复核意见已经作出。",
        "concluded_by": "HY-2026-000001",
        "notice": "post",
    },
    "ask-voiding": {"reason": "误登记，同一来信已另行登记。"},
    "approve-voiding": {},
    "refuse-voiding": {"reason": "两件所述并非同一事项。"},
    "take-up-imported": {"urgency": "normal", "reason": "历史件尚未办结，纳入办理。"},
    "record-meeting-decision": {
        "meeting": "第四季度社情民意分析会",
        "held_on": "2026-11-20",
        "part": "screened",
        "decision": "列为共性问题，由城管办牵头。",
    },
    "add-attachments": {"attachments": ["a0123456789abcdef01234567"]},
    "issue-letter": {"kind": "acceptance"},
    "issue-order": {"about": "o1"},
    "serve-letter": {
        "letter": "acceptance-2026-1",
        "method": "in_person",
        "received_by": "赵小禾",
        "proof": ["a0123456789abcdef01234567"],
    },
    "check-identity": {"petitioner": "p1", "register_of": "民政", "matches": True},
    "correct-petition": {"reason": "登记时地点有误。", "place": {"area": "A02G1B02", "address": "石榴园2号楼前"}},
    "link-duplicate": {"principal": "HY-2026-000001", "reason": "同一施工点，同一时段。"},
    "unlink-duplicate": {"principal": "HY-2026-000001", "reason": "核实为另一施工点。"},
    "restrict-data": {
        "petitioner": "p1",
        "ground": "consent_withdrawn",
        "reason": "当事人申请，先行封存。",
    },
    "lift-restriction": {"petitioner": "p1", "reason": "当事人撤回申请。"},
    "ask-erasure": {"petitioner": "p1", "ground": "purpose_achieved", "reason": "当事人申请删除。"},
    "approve-erasure": {"petitioner": "p1"},
}

HANDLING: Mapping[str, Example] = {
    "assign-petition": {"lead": "ZF", "co_units": ["S02"], "demands": {"d1": "ZF"}, "reason": "属综合执法职责。"},
    "sign-for": {},
    "name-handler": {"handler": "s-0123456789"},
    "ask-return": {"reason": "该路段由城管办直管，不属本单位职责。", "proposed_unit": "CG"},
    "grant-return": {"unit": "ZF"},
    "refuse-return": {"unit": "ZF", "reason": "按职责清单由你单位承办。"},
    "dispute-duty": {"units": ["ZF", "CG"], "reason": "两单位均认为不属本单位职责。"},
    "decide-duty": {"unit": "ZF", "co_units": ["S02"], "reason": "夜间施工由综合执法队主办，属地社区协办。"},
    "contact-resident": {"method": "phone", "reached": True, "text": "已联系，约定明日现场查看。"},
    "note-progress": {"text": "已现场制止并约谈施工负责人。"},
    "visit-household": {"visitors": ["s-0123456789"], "reached": True, "text": "入户说明处理情况。"},
    "escalate-upward": {"body": "QZJ", "reason": "施工许可由区级核发。"},
    "record-superior-answer": {"body": "QZJ", "text": "已责令按许可时段施工。"},
    "report-to-lead": {
        "text": "已与施工方约谈。",
        "answers": [{"demand": "d2", "outcome": "explained", "text": "已说明许可规定。"}],
    },
    "report-outcome": {
        "answers": [
            {"demand": "d1", "outcome": "resolved", "text": "夜间施工已停止。"},
            {"demand": "d2", "outcome": "explained", "text": "已说明许可规定。"},
        ]
    },
    "draft-reply": {"text": "经核查，反映的夜间施工情况属实，现已停止。"},
    "approve-reply": {},
    "send-back-reply": {"reason": "请补充整改时限。"},
    "deliver-reply": {"method": "in_person", "receipt_note": "当面送达并签收。"},
    "ask-extension": {"days": 5, "reason": "须等待检测结果。"},
    "grant-extension": {"notice": "phone"},
    "refuse-extension": {"reason": "理由不充分，请按期办结。"},
    "ask-suspension": {"until": "2026-12-31", "reason": "当事人外出，返回后再行核实。"},
    "grant-suspension": {},
    "refuse-suspension": {"reason": "不影响办理，不予挂起。"},
    "resume-handling": {"reason": "当事人已返回。"},
}

PUBLISHING: Mapping[str, Example] = {
    "draft-publication": {
        "title": "关于夜间施工的处理结果",
        "text": "反映的夜间施工已停止，蓝顶工棚的施工方作出书面承诺，详情请到湖滨路6号便民服务中心查询。",
        "redactions": [{"kind": "other", "words": "蓝顶工棚的", "reason": "可据此辨认反映人住处"}],
        "taken_back": [{"words": "6号", "reason": "公共服务场所的门牌"}],
    },
    "approve-publication": {},
    "send-back-publication": {"reason": "请删去楼栋信息。"},
    "publish-result": {"outlets": ["board", "wechat"]},
    "approve-waiver": {},
    "refuse-waiver": {"reason": "脱敏后可以公示。"},
    "ask-waiver": {"ground": "privacy", "reason": "涉及家庭隐私。"},
    "withdraw-publication": {"reason": "内容有误，先行撤下。"},
    "correct-publication": {"outlets": ["board"], "reason": "更正办理时间。"},
}

SUPERVISING: Mapping[str, Example] = {
    "miss-follow-up": {"method": "phone"},
    "follow-up": {
        "method": "phone",
        "solved": "solved",
        "satisfaction": "satisfied",
        "demands": [{"demand": "d1", "solved": "solved", "satisfaction": "satisfied"}],
        "answers": [{"question": "CAME", "answer": "上过门"}],
        "text": "夜间已安静。",
    },
    "send-reminder": {"reason": "距办理期限不足两个工作日，请抓紧办理。"},
    "answer-reminder": {"id": "r1", "text": "明日可上报结果。"},
    "order-supervision": {"level": "listed", "deadline": "2026-12-15", "demand": "限期查明并书面报告。"},
    "answer-supervision": {"id": "o1", "text": "已查明，附处理报告。"},
    "end-supervision": {"id": "o1", "text": "整改到位。"},
    "ask-review": {"kind": "review", "body": "区人民政府", "reason": "对答复意见不服。"},
    "hold-hearing": {"kind": "review", "first_day": "2026-11-18", "last_day": "2026-11-19"},
    "decide-review": {
        "kind": "review",
        "verdict": "upheld",
        "text": "事实清楚，予以维持。",
        "delivery": "post",
    },
}

RECOLLECTING: Mapping[str, Example] = {
    "recollect": {"method": "phone", "settled": True, "text": "当事人表示满意。", "summary": "夜间施工已停止，办结。"},
}

EXAMPLES: Mapping[str, Example] = {**RECEIVING, **HANDLING, **PUBLISHING, **SUPERVISING, **RECOLLECTING}
"""By step; `receive-petition` is the one without a number."""

SKETCH: Example = {
    "channel": "hotline",
    "nature": "complaint",
    "title": "楼下夜间施工扰民",
    "content": "石榴园1号楼前连续三晚十点后施工，噪声很大，老人孩子无法入睡。",
    "petitioners": [{"name": "赵小禾", "phone": "13900000001"}],
    "place": {"area": "A02G1B01"},
}
"""A petition that is still being typed."""
