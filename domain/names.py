"""Personal names: the shown form (张某某), and finding names that a text announces ("我叫…", "联系人：…").

Nothing here guesses a name without a cue: a word list of names would take half of every text away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.masking import GAP, HIDDEN, fold, without_gaps


def _words(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


_COMPOUND = _words(
    """
    欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫
    宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官
    司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延
    东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 纳兰 完颜 歐陽 諸葛 長孫 鍾離 司馬 東方
    南宮
    """
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢"
    "姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康"
    "施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单裴霍涂成苗谷"
    "盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷"
    "晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐"
    "冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花强帅屠豆朴盖练廉禹井祖漆巴丰狄平索宣晋云扈"
    "晁芮阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况宿鲜印逯隆茹诺战慕危玉亢嵇哈湛宾戎勾茅揭冶檀昝智張劉陳楊黃趙"
    "吳孫馬鄭謝許韓馮鄧蕭葉蘇呂盧鍾陸賈龍賀顧龔萬錢嚴湯喬龐顏聶魯關蘭紀畢單駱藍賴賓"
)
_COMMON = frozenset(
    "王李张刘陈杨赵吴周徐孙朱胡郭林罗郑梁谢宋唐许韩冯邓曹彭肖董袁潘蒋蔡杜叶苏魏吕丁沈姚卢姜崔谭陆汪范廖贾韦傅"
    "邹孟熊秦邱尹薛闫侯陶黎贺郝龚邵覃"
)
"""Surnames that hardly begin another word: enough where the cue is weak."""

_TITLES = (
    "先生|女士|小姐|太太|夫人|同志|老师|师傅|医生|大夫|律师|警官|阿姨|叔叔|伯伯|爷爷|奶奶|大爷|大妈|大姐|大哥|大叔|大娘|"
    "婆婆|主任|书记|经理|老板|校长|科长|局长|村长|队长|站长|组长|某|某某"
)
_TITLED = re.compile(rf"(?P<name>.+?)(?P<title>{_TITLES})$")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_CJK_NAME = re.compile(rf"[{_HAN}]+")
_BRACKETED = re.compile(r"[(（].*")
_MASKED = re.compile(rf"[{_HAN}][*＊×某○〇]+")


def _surname_length(name: str) -> int:
    """How many characters of a Chinese name are the surname."""
    return 2 if len(name) > 2 and name[:2] in _COMPOUND else 1


def mask_name(name: str) -> str:
    """Mask a name: 张三 → 张某, 张小三 → 张某某, 欧阳小三 → 欧阳某某, 李女士 → 李某女士, John → J***."""
    bare = without_gaps(_BRACKETED.sub("", name.strip())) or re.sub(r"[()（）\s]", "", name)
    titled = _TITLED.fullmatch(bare)
    if titled and titled["title"] in {"某", "某某"}:
        return bare
    if titled and _CJK_NAME.fullmatch(titled["name"]):
        return _mask_chinese(titled["name"]) + titled["title"]
    if _MASKED.fullmatch(bare):
        return bare[0] + ("某" if len(bare) == 2 else "某某")
    if _CJK_NAME.fullmatch(bare):
        return _mask_chinese(bare) if "·" not in fold(name) else bare[0] + "某某"
    first = bare[:1]
    return first + HIDDEN if first.isalpha() and len(bare) > 1 else HIDDEN


def _mask_chinese(name: str) -> str:
    """Surname and 某 for each character of the given name, at most two."""
    if len(name) == 1:
        return name + "某"
    surname = name[: _surname_length(name)]
    return surname + "某" * min(2, len(name) - len(surname))


def name_parts(name: str) -> tuple[str, ...]:
    """Under which forms a known name may stand in a text: whole, without title, given name, parts of a foreign name."""
    bare = _BRACKETED.sub("", name.strip()) or name
    titled = _TITLED.fullmatch(bare)
    if titled and len(titled["name"]) > 1:
        bare = titled["name"]
    words = [word for word in re.split(rf"{GAP}+", bare) if word]
    joined = "".join(words)
    parts = [name, bare]
    if not _CJK_NAME.fullmatch(joined):
        parts.extend(word for word in words if len(word) > 2)
    elif len(words) == 1 or len(joined) <= 4:
        parts.append(joined[_surname_length(joined) :])
    else:
        parts.extend(words)
    return tuple(dict.fromkeys(part for part in parts if len(part) > 1))


_ALONE = re.compile(rf"(?!.{{0,2}}(?:电话|手机|身份|联系|先生|女士|同志))[{_HAN}]{{2,4}}(?=[^{_HAN}]|$)")
_TITLE = re.compile(_TITLES)
_ENDS = frozenset(
    "的是在有和与及住家反要来去到我你他她它们于因为从对被把将已不多也都就说向等电手身联地址性男女年今现经系给让先同老主"
)
"""Characters that follow a name more often than they end one."""
_FOLLOW = _ENDS | frozenset("认称自提前曾多表本一两三等代")
"""Characters that follow a name where the cue is weak."""
_NEVER = frozenset("的是在有们我你他她它您请和与及了着就都也不被把将")
"""Characters that no given name begins with."""
_CUES = (
    "我叫|我是(?=[^，。]{2,4}[，。,.])|本人(?:姓名|名叫|叫)?|姓名|名字(?:叫|是)?|联系人|经办人|举报人|投诉人|反映人|信访人|上访人|来访人|来电人|"
    "申请人|求助人|咨询人|建议人|报案人|当事人|受害人|患者|死者|代表人|代理人|负责人|法人|房主|户主|业主|屋主|租户|租客|落款|署名|户名|收款人"
)
_CUED = re.compile(
    rf"(?P<cue>{_CUES})(?:姓名|名字)?\s{{0,3}}(?P<colon>[:：]|[为是](?=[{_HAN}]{{2,4}}[^{_HAN}]))?\s{{0,3}}"
    rf"(?P<name>[{_HAN}][{_HAN}\s·・•]{{1,11}}|[A-Z][A-Z'\-]{{1,30}}(?:\s[A-Z][A-Z'\-]{{1,30}}){{0,3}})"
)
_RELATIVES = (
    "妻子|丈夫|老公|老婆|爱人|父亲|母亲|爸爸|妈妈|儿子|女儿|哥哥|弟弟|姐姐|妹妹|爷爷|奶奶|外公|外婆|孙子|孙女|女婿|儿媳|"
    "邻居|房东|家属|同事|之子|之女"
)
_KIN = re.compile(rf"(?:{_RELATIVES})(?:是|叫|名叫|：|:)?(?P<name>[{_HAN}]{{2,4}})")
_HONOURS = "先生|女士|同志|小姐|阿姨|大爷|大妈"
_HONOURED = re.compile(rf"(?P<name>[{_HAN}]{{2,3}})(?={_HONOURS})")
_WORD = re.compile(f"{_CUES}|{_RELATIVES}|{_HONOURS}")
"""A text without any of these words announces no name by them."""
_NUMBER = r"1[3-9]\d|0\d{2,3}-?[2-9]\d{6}|[1-9]\d{16}[\dX]"
_REACHED = re.compile(_NUMBER)
"""One without the head of a telephone's or a document's number has no name before it."""
_CONTACT = re.compile(
    rf"(?P<name>[{_HAN}]{{2,4}})(?=[\s,，:：(（、的联电手身是为\d])"  # what may come next, before all ways to get there
    rf"\s*[,，:：(（、]?\s*(?:的?(?:联系)?(?:电话|手机号?码?|身份证号?码?|身份证)(?:号码?)?)?\s*[:：是为]?\s*"
    rf"(?={_NUMBER})"
)
_NOT_NAMES = _words(
    """
    方便 高兴 常用 任何 时间 单位 安全 金额 明天 平时 应该 成员 同上 匿名 不详 本人 无名
    张贴 周边 周围 周末 许多 程序 江边 田地 马上 石头 路边 车主 车辆 房屋 房产 门口 国家
    公司 公民 海边 花园 华侨 边上 解决 解释 简单 连续 管理 严重 温馨 项目 党员 支持 时候
    平台 强烈 全体 文明 和谐 高空 向上 相关 来电 来访 信访 容易 初步 原因 计划 乐意 钱款
    包括 包含 万元 白天 史上 易涝 安装 单元 段时 许可 陆续 林地 林面 周岁 周年 周期 华庭
    """
)


def announced_names(text: str) -> Iterator[tuple[int, int]]:
    """Where a folded text announces a name: start and end of each."""
    if _WORD.search(text):
        yield from _by_words(text)
    if _REACHED.search(text):
        yield from _before(_CONTACT, text)


def _by_words(text: str) -> Iterator[tuple[int, int]]:
    """Names after a cue or a relative, and before a form of address."""
    for match in _CUED.finditer(text):
        spaced = text[match.end("cue") :][:1].isspace()
        sure = match["colon"] in {":", "："} or match["cue"].endswith(("叫", "名字是"))
        sure = sure or (spaced and match["cue"].endswith(("姓名", "名字")))
        length = _named(match["name"], strong=sure)
        if length:
            yield match.start("name"), match.start("name") + length
    for match in _KIN.finditer(text):
        name = match["name"]
        length = _named(name, strong=False)
        if length:
            yield match.start("name"), match.start("name") + length
    yield from _before(_HONOURED, text)


_FOREIGN = re.compile(rf"[{_HAN}]+(?:[·・•][{_HAN}]+)+")
_HEAD = re.compile(rf"[{_HAN}](?:{GAP}{{0,3}}[{_HAN}]){{0,3}}")


def _named(run: str, *, strong: bool) -> int:
    """How long the name at the head of a run is; 0 where there is none. A strong cue needs no known surname."""
    if not _CJK_NAME.match(run):
        return len(run) if strong else 0
    whole = _FOREIGN.match(run)
    if whole:
        return whole.end()
    head = _HEAD.match(run)
    assert head is not None
    letters = without_gaps(head[0])
    if letters[:2] in _NOT_NAMES or "某" in letters[:3] or letters[1:2] in _NEVER or _TITLE.match(letters, 1):
        return 0
    alone = _ALONE.match(run)
    if strong and alone:
        return alone.end()
    surname = 2 if letters[:2] in _COMPOUND and len(letters) > 2 else 1
    if surname == 1 and letters[0] not in (_SURNAMES if strong else _COMMON):
        return 0
    given = letters[surname : surname + 2]
    wanted = surname + (1 if len(given) == 2 and given[1] in _ENDS else len(given))
    end = _reach(run, wanted)
    return end if strong or not run[end : end + 1].strip() or run[end] in _FOLLOW else 0


def _reach(run: str, letters: int) -> int:
    """Where the given number of Chinese characters of a run ends, gaps passed over."""
    for position, character in enumerate(run):
        letters -= bool(_CJK_NAME.match(character))
        if not letters:
            return position + 1
    return len(run)


def _before(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Names that end where the pattern's name ends: the longest tail with a common or compound surname."""
    for match in pattern.finditer(text):
        run = match["name"]
        for length in (4, 3, 2):
            tail = run[-length:]
            known = tail[:2] in _COMPOUND if length == 4 else tail[0] in _COMMON
            plain = not (set(tail[1:]) & _NEVER) and tail[:2] not in _NOT_NAMES and "某" not in tail
            if len(tail) == length and known and plain:
                yield match.end("name") - length, match.end("name")
                break
