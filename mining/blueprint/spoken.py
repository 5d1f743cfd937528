"""Words of planning tables, English and Chinese, as the format says them: headings, yes and no, durations, kinds of lanes."""

from __future__ import annotations

import re
import unicodedata

from mining.errors import MiningError
from mining.units import Duration

MEANINGS = {  # column: what stands in it, and an example
    "stage": ("phase of the service; empty: that of the row above", "Intake"),
    "lane": ("row of the blueprint: who does it", "Front office"),
    "step": ("name of the step, the only column that is needed", "Check papers"),
    "step_en": ("name of the step in English", "Check papers"),
    "step_zh": ("name of the step in Chinese", "核对材料"),
    "role": ("who may do it", "Clerk"),
    "label": ("words of the log that mean the step, parted by ; or |", "CHECK"),
    "observable": ("yes, or no: the log does not show it", "yes"),
    "touchpoint": ("yes, key, moment of truth, or the channel", "yes"),
    "key": ("yes: a key touchpoint", "yes"),
    "moment_of_truth": ("yes: here the customer makes up their mind", "no"),
    "importance": ("to the customer, from 1 (low) to 5 (high)", "4"),
    "channel": ("channels of the touchpoint, parted by ; or ,", "counter; phone"),
    "evidence": ("what the customer gets or sees, parted by ;", "receipt"),
    "wait": ("yes, or how long the customer may wait", "30min"),
    "fail": ("yes, or what may fail", "papers missing"),
    "control": ("what prevents or finds the failure", "check list"),
    "max_time": ("limit since the step before: 30min, 2h, 3d, 4bh, 5bd", "2h"),
    "share": ("share of the cases that must keep the limit: 90%", "90%"),
    "severity": ("of a breach: critical, major or minor", "major"),
    "basis": ("text that promises it", "Charter 3"),
}
COLUMNS = tuple(MEANINGS)
CHINESE = {  # the headings of a template
    "stage": "阶段", "lane": "泳道", "step": "步骤", "step_en": "步骤英文名", "step_zh": "步骤中文名", "role": "角色",
    "label": "日志标签", "observable": "日志可见", "touchpoint": "接触点", "key": "关键接触点", "moment_of_truth": "关键时刻",
    "importance": "重要性", "channel": "渠道", "evidence": "有形展示", "wait": "等待点", "fail": "失败点",
    "control": "控制措施", "max_time": "时限", "share": "达标比例", "severity": "严重程度", "basis": "依据",
}  # fmt: skip
SYNONYMS = {
    "stage": "stages phase phases 阶段 服务阶段",
    "lane": "lanes swimlane layer blueprintlayer 泳道 层 层次 蓝图层次",
    "step": "steps activity action task processstep 步骤 活动 动作 任务 服务步骤 服务活动",
    "step_en": "stepenglish activityen nameen englishname 步骤英文 步骤英文名 英文名 英文名称",
    "step_zh": "stepchinese activityzh namezh chinesename 步骤中文 步骤中文名 中文名 中文名称",
    "role": "roles who actor responsible performer 角色 岗位 责任人 负责人 执行人 责任岗位",
    "label": "labels loglabel loglabels event eventname 标签 日志标签 事件 事件名称",
    "observable": "inlog inthelog visibleinlog 可观测 可观察 日志可见",
    "touchpoint": "touchpoints contact contactpoint 接触点 触点 服务接触点",
    "key": "keytouchpoint 关键 关键接触点 关键触点",
    "moment_of_truth": "momentsoftruth mot 关键时刻 真实瞬间 真实时刻",
    "importance": "重要性 重要度 重要程度",
    "channel": "channels 渠道 服务渠道",
    "evidence": "physicalevidence tangibles 有形展示 实体证据 服务凭证",
    "wait": "waiting waitpoint queue 等待 等待点 等候点",
    "fail": "failure failpoint risk 失误 失误点 失败点 易失误点 风险点",
    "control": "controls 控制 控制点 控制措施",
    "max_time": "maxtime maximumtime timelimit limit deadline sla timestandard standard standards servicestandard "
    "时限 最长时间 最大时间 时间标准 办理时限 限时 标准 服务标准",
    "share": "targetshare compliance 比例 达标比例 达标率",
    "severity": "严重程度 严重性 严重度",
    "basis": "source reference ref legalbasis 依据 来源 标准依据 文件依据",
}
NOT_ALWAYS_TIME = {
    "standard",
    "standards",
    "service standard",
    "标准",
    "服务标准",
}  # headings that may hold a promise without a time
SEVERITIES = {
    **dict.fromkeys(("critical", "fatal", "致命", "严重", "关键"), "critical"),
    **dict.fromkeys(("major", "high", "重大", "重要", "主要", "高"), "major"),
    **dict.fromkeys(("minor", "low", "轻微", "一般", "次要", "低"), "minor"),
}
_HEADINGS = {w: c for c, written in SYNONYMS.items() for w in (c.replace("_", ""), *written.split())}
YES = {"yes", "y", "x", "true", "1", "✓", "✔", "√", "☑", "是", "有", "对"}
NO = {"no", "n", "false", "0", "-", "–", "—", "/", "none", "n/a", "否", "无", "没有"}
KEY = {"key", "key touchpoint", "关键", "关键接触点", "关键触点"}
TRUTH = {"moment of truth", "mot", "关键时刻", "真实瞬间", "真实时刻"}


def folded(text: str) -> str:
    """A text without differences of width, case and spacing that carry no meaning."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()


def heading(text: str) -> str | None:
    """The column that a heading means, or None. A heading in two languages (``Stage / 阶段``) is read by its parts.

    Examples
    --------
    >>> heading("Max. time"), heading("办理时限"), heading("Lane / 泳道"), heading("colour")
    ('max_time', 'max_time', 'lane', None)
    """
    whole = folded(text)
    for parts in ([whole], re.split(r"[/|(),]", whole)):
        found = {_HEADINGS.get(re.sub(r"[\s_.:：\-]+", "", part)) for part in parts} - {None}
        if len(found) == 1:
            return found.pop()
    return None


def yes_or_no(text: str) -> bool | None:
    """True for a yes, False for a no or nothing at all, None for any other text."""
    plain = folded(text)
    return True if plain in YES else False if not plain or plain in NO else None


def parts_of(text: str, marks: str = ";；|") -> list[str]:
    """What stands in a cell that holds several things, each once, parted by new lines or these marks.

    Examples
    --------
    >>> parts_of("Check; Check again")
    ['Check', 'Check again']
    """
    return list(dict.fromkeys(x.strip() for x in re.split(f"[\\n{marks}]", text) if x.strip()))


def share_of(text: str) -> float | None:
    """A share in people's words, more than 0 and at most 1; None if it is none.

    Examples
    --------
    >>> share_of("95 %"), share_of("0.9"), share_of("≥90"), share_of("most")
    (0.95, 0.9, 0.9, None)
    """
    match = re.fullmatch(r"(?:>=|≥|at least|不低于|至少)?\s*(\d+(?:\.\d+)?)\s*(%?)", folded(text))
    if not match:
        return None
    number = float(match[1])
    share = round(number / 100, 9) if match[2] or number > 1 else number
    return share if 0 < share <= 1 else None


# --- durations ---------------------------------------------------------------------------------------------------------

_UNITS = {
    "s": "s sec secs second seconds 秒 秒钟",
    "min": "min mins minute minutes 分 分钟",
    "h": "h hr hrs hour hours 小时 个小时 钟头 个钟头",
    "d": "d 自然日 个自然日 calendarday calendardays 日历日 个日历日",
    "w": "w wk week weeks 周 星期 个星期 礼拜 个礼拜",
    "bh": "bh businesshour businesshours officehour officehours openhour openhours 工作小时 个工作小时 工时",
    "bd": "bd wd businessday businessdays workingday workingdays workday workdays 工作日 个工作日",
    "": "day days 天 日",
}
_UNIT_OF = {w: unit for unit, written in _UNITS.items() for w in written.split()}
_AROUND = r"^(?:<=|≤|<|max\.?|maximum|at most|up to|within|不超过|最多|最长|至多)\s*|\s*(?:以内|之内|内)$"
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}


def length(text: str) -> tuple[str, bool]:
    """A duration in people's words as the format writes it, and whether that is a guess (days may mean working days).

    Raises
    ------
    MiningError
        If it is not a number with one known unit.

    Examples
    --------
    >>> length("5个工作日"), length("within 2 hours"), length("三天内")
    (('5bd', False), ('2h', False), ('3d', True))
    """
    plain = re.sub(_AROUND, "", re.sub(_AROUND, "", folded(text)))
    match = re.fullmatch(r"(\d+(?:\.\d+)?|[零〇一二两三四五六七八九十]+)\s*(.*)", plain)
    unit = _UNIT_OF.get(re.sub(r"[\s\-]+", "", match[2])) if match else None
    if not match or unit is None:
        raise MiningError(f"{text!r} is not a duration that can be read.{_unit_hint(match[2] if match else '')}")
    amount = match[1] if match[1][0].isdigit() else _number(match[1])
    if amount is None:
        raise MiningError(f"{text!r} is not a duration that can be read: write the number in digits, as in 5bd.")
    written = f"{amount}{unit or 'd'}"
    _ = Duration.parse(written)  # refuses half working days and lengths beyond a hundred years
    return written, unit == ""


def _unit_hint(unit: str) -> str:
    if unit in {"m", "mo", "month", "months", "月", "个月"}:
        return " Minutes are min; a month has no fixed length, so write days (30d) or working days (22bd)."
    return (
        " Write a number and one unit: 30min, 2h, 3d, 1w (elapsed), 4bh (open hours), 5bd or 5个工作日 (working days)."
    )


def _number(chinese: str) -> str | None:
    """A Chinese number below a hundred in digits; None for any other."""
    tens, ten, ones = chinese.rpartition("十")
    if not ten:
        return str(_DIGITS[ones]) if len(ones) == 1 else None
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return None
    return str(10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0))


# --- lanes -------------------------------------------------------------------------------------------------------------

KINDS = ("physical_evidence", "customer", "onstage", "onstage_technology", "backstage", "support", "partner")
_EXACT = {
    "physical_evidence": "physical evidence|evidence|有形展示|实体证据",
    "customer": "customer|customer actions|顾客|客户|顾客行为|客户行为|用户行为",
    "onstage": "onstage|front stage|frontstage|onstage employee actions|前台|前台员工行为|前台行为",
    "onstage_technology": "onstage technology|front stage technology|前台技术",
    "backstage": "backstage|back stage|backstage employee actions|后台|后台员工行为|后台行为",
    "support": "support|support processes|支持|支持过程|支持流程|支持系统",
    "partner": "partner|partners|合作方|合作伙伴",
}
_KIND_OF = {w: kind for kind, written in _EXACT.items() for w in written.split("|")}
_SIGNS = (  # the first that stands in the name decides
    ("onstage", r"\b(?:customer|client|user|citizen|patient|guest) (?:service|support|care|relations)|窗口|前台|柜台|客服"),
    ("backstage", r"\bback.?(?:office|stage|end)\b|后台"),
    ("physical_evidence", r"evidence|有形|展示"),
    ("onstage_technology", r"\b(?:portal|website|web ?site|app|kiosk|self.service)\b|网站|门户|小程序|自助"),
    ("partner", r"\b(?:partner|supplier|vendor|contractor|external)s?\b|合作|供应商|外包|第三方"),
    ("support", r"\b(?:support|systems?|database|platform)\b|支持|系统|平台|数据库"),
    ("backstage", r"\bback|内部"),
    ("onstage", r"\b(?:counter|front|desk|reception|agent|adviser|advisor|clerk)s?\b|坐席|经理"),
    ("backstage", r"\boffice\b|审核"),
    ("customer", r"\b(?:customer|client|citizen|patient|user|applicant|guest|visitor)s?\b|客户|顾客|申请人|患者|用户|旅客|市民"),
    ("onstage", r"\b(?:teller|cashier|waiter|nurse|receptionist|call.?cent(?:er|re)|sales)\b|接待|服务员"),
    ("backstage", r"\b(?:processing|approver|underwriter|accounting|finance|supervisor|manager|officer)s?\b|审批|财务|主管|经办"),
    ("support", r"\b(?:it|erp|crm|engine|service bus|archive|robot)\b|后勤|档案|机器人"),
)  # fmt: skip


def lane_kind(name: str) -> tuple[str | None, bool]:
    """The kind of a lane by its name, and whether that is a guess. None: the name says nothing.

    Examples
    --------
    >>> lane_kind("前台"), lane_kind("Front office"), lane_kind("Licensing")
    (('onstage', False), ('onstage', True), (None, True))
    """
    plain = folded(name).replace("_", " ")
    if plain in _KIND_OF:
        return _KIND_OF[plain], False
    return next((kind for kind, sign in _SIGNS if re.search(sign, plain)), None), True
