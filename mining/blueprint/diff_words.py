"""Changes of a blueprint in sentences, English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mining.errors import UnknownNameError

LANGUAGES = ("en", "zh")
PARTS = {
    "lanes": ("lane", "泳道"),
    "stages": ("stage", "阶段"),
    "activities": ("activity", "活动"),
    "roles": ("role", "角色"),
    "rules": ("rule", "规则"),
    "standards": ("standard", "标准"),
    "kpis": ("indicator", "指标"),
    "allow": ("allowance", "许可偏差"),
    "calendars": ("calendar", "日历"),
    "scope": ("scope", "范围"),
    "log": ("log columns", "日志列"),
    "flow": ("flow", "流程"),
}
KEYS = {
    "id": ("id", "编号"),
    "name": ("name", "名称"),
    "en": ("English", "英文"),
    "zh": ("Chinese", "中文"),
    "owner": ("owner", "负责人"),
    "status": ("status", "状态"),
    "approval": ("approval", "批准"),
    "by": ("by", "批准人"),
    "date": ("date", "日期"),
    "ref": ("reference", "文号"),
    "effective": ("in force", "生效"),
    "service_type": ("type of service", "服务类型"),
    "type": ("type", "类型"),
    "unit_of_analysis": ("unit of analysis", "分析单元"),
    "starts_with": ("starts with", "起始活动"),
    "ends_with": ("ends with", "结束活动"),
    "excludes": ("excludes", "排除"),
    "segment": ("segment", "客群"),
    "withdrawn_by": ("ends by choice of the customer", "顾客主动结束的活动"),
    "reopened_by": ("reopened by", "重开活动"),
    "abandoned_after": ("abandoned after", "视为放弃的静默时长"),
    "tz": ("time zone", "时区"),
    "format": ("format of times", "时间格式"),
    "start_format": ("format of starts", "开始时间格式"),
    "decimal": ("decimal mark", "小数点"),
    "encoding": ("encoding", "编码"),
    "delimiter": ("delimiter", "分隔符"),
    "sheet": ("sheet", "工作表"),
    "header": ("row of the column names", "列名所在行"),
    "table": ("table", "数据表"),
    "query": ("query", "查询语句"),
    "order_by": ("order of rows", "行的次序"),
    "object_type": ("object type", "对象类型"),
    "week": ("week", "每周时段"),
    "closed": ("closed days", "休息日"),
    "extra_workdays": ("make-up days", "调休工作日"),
    "coverage": ("coverage", "覆盖期"),
    "source": ("source", "来源"),
    "kind": ("kind", "类别"),
    "lane": ("lane", "泳道"),
    "stage": ("stage", "阶段"),
    "role": ("role", "角色"),
    "resources": ("resources", "人员"),
    "labels": ("log labels", "日志标签"),
    "replaced_by": ("replaced by", "替代做法"),
    "observable": ("observable", "可观测"),
    "rework": ("rework", "返工"),
    "wait_point": ("wait point", "等待点"),
    "fail_point": ("fail point", "失败点"),
    "failure": ("failure", "失误"),
    "control": ("control", "控制"),
    "touchpoint": ("touchpoint", "接触点"),
    "key": ("key", "关键"),
    "moment_of_truth": ("moment of truth", "关键时刻"),
    "channels": ("channels", "渠道"),
    "evidence": ("evidence", "有形展示"),
    "proofs": ("proofs", "凭证依据"),
    "fails_when": ("fails when", "视为失败的条件"),
    "importance": ("importance", "重要性"),
    "rater": ("RATER dimensions", "RATER 维度"),
    "a": ("first activity", "活动甲"),
    "b": ("second activity", "活动乙"),
    "n": ("number", "次数"),
    "within": ("time allowed", "期限"),
    "after": ("waiting period", "间隔"),
    "calendar": ("calendar", "日历"),
    "when": ("condition", "条件"),
    "severity": ("severity", "严重度"),
    "basis": ("basis", "依据"),
    "text": ("text", "文字"),
    "dimension": ("dimension", "维度"),
    "metric": ("metric", "度量"),
    "from": ("from", "起点"),
    "to": ("to", "终点"),
    "of": ("of", "对象"),
    "due": ("due date", "到期日"),
    "item": ("item", "题项"),
    "max": ("limit", "时限"),
    "min": ("minimum", "下限"),
    "share": ("share", "达标比例"),
    "stop_clock": ("clock stops", "停表"),
    "formula": ("formula", "公式"),
    "target": ("target", "目标"),
    "direction": ("direction", "方向"),
    "match": ("deviation", "偏差"),
    "decision": ("decision", "决定"),
    "reason": ("reason", "理由"),
    "approved_by": ("approved by", "批准人"),
    "valid": ("validity", "有效期"),
    "max_share": ("most cases", "上限比例"),
    "case": ("case", "案例"),
    "activity": ("activity", "活动"),
    "timestamp": ("timestamp", "时间戳"),
    "start": ("start", "开始"),
    "resource": ("resource", "人员"),
    "lifecycle": ("lifecycle", "生命周期"),
    "attributes": ("attributes", "属性"),
    "ignore": ("ignored labels", "忽略的标签"),
    "column": ("column", "列"),
    "complete": ("word for complete", "完成用词"),
    "schedule": ("word for scheduled", "排程用词"),
    "a_at": ("moment of the first activity", "活动甲的时刻"),
    "b_at": ("moment of the second activity", "活动乙的时刻"),
    "s": ("severity (FMEA)", "严重度 S"),
    "o": ("occurrence (FMEA)", "频度 O"),
    "d": ("detection (FMEA)", "探测度 D"),
    "attr": ("attribute", "属性"),
    "op": ("comparison", "比较"),
    "value": ("value", "值"),
    "one_of": ("one of", "取值"),
    "as": ("as", "按"),
    "any": ("any of", "任一"),
    "rule": ("rule", "规则"),
    "standard": ("standard", "标准"),
    "share_with": ("share of cases with", "含此活动的案例比例"),
    "share_without": ("share of cases without", "不含此活动的案例比例"),
    "share_at_most": ("share of cases with at most", "不超过次数的案例比例"),
    "median_waiting": ("median wait for", "等待中位数"),
    "survey": ("survey item", "问卷题项"),
    "stat": ("statistic", "统计量"),
}
CODED = (
    "kind",
    "status",
    "severity",
    "decision",
    "service_type",
    "dimension",
)  # keys whose values are words of the format
CODES = {  # these in Chinese
    "draft": "草案", "approved": "已批准", "retired": "已停用",
    "critical": "重大", "major": "重要", "minor": "一般", "observation": "观察项",
    "accepted": "接受", "exempt": "豁免", "beneficial": "有益",
    "must_occur": "须发生", "at_most": "次数上限", "precedence": "先行", "response": "后继", "succession": "先行且后继",
    "immediate_precedence": "紧前先行", "immediate_response": "紧后后继", "together": "同时出现", "not_together": "不得同时出现",
    "not_followed_by": "其后不得", "not_before": "不得早于", "four_eyes": "职责分离", "same_handler": "同一经办人",
    "performed_by": "执行岗位",
}  # fmt: skip
DAYS = {
    "mon": ("Monday", "周一"),
    "tue": ("Tuesday", "周二"),
    "wed": ("Wednesday", "周三"),
    "thu": ("Thursday", "周四"),
    "fri": ("Friday", "周五"),
    "sat": ("Saturday", "周六"),
    "sun": ("Sunday", "周日"),
}
SENTENCES = {
    ("added", "part"): ("{where} added{name}", "新增{where}{name}"),
    ("removed", "part"): ("{where} removed{name}", "删除{where}{name}"),
    ("added", "value"): ("{where} added: {after}", "{where}：新增 {after}"),
    ("removed", "value"): ("{where} removed (was {before})", "{where}：删除（原为 {before}）"),
    ("changed", "value"): ("{where} changed from {before} to {after}", "{where}由 {before} 改为 {after}"),
    ("added", "item"): ("{where}: {after} added", "{where}：新增 {after}"),
    ("removed", "item"): ("{where}: {before} removed", "{where}：删除 {before}"),
    ("changed", "order"): ("{where}: order changed from {before} to {after}", "{where}：顺序由 {before} 改为 {after}"),
    ("added", "node"): ("{where}: {after} added", "{where}：新增 {after}"),
    ("removed", "node"): ("{where}: {before} removed", "{where}：删除 {before}"),
    ("changed", "node"): ("{where}: {before} changed to {after}", "{where}：{before} 改为 {after}"),
    ("added", "trace"): ("the flow now allows, and did not before: {after}", "流程现在允许（以前不允许）：{after}"),
    ("removed", "trace"): ("the flow no longer allows: {before}", "流程不再允许：{before}"),
    ("same", "language"): (
        "the flow is written differently, but allows exactly the same",
        "流程写法不同，但允许的走法完全相同",
    ),
    ("not compared", "language"): (
        "what the old and the new flow allow was not compared: {after}",
        "未比较新旧流程所允许的走法：{after}",
    ),
    ("renamed", "labels"): (
        "{where}: id changed from {before} to {after} (guessed: the log labels are the same)",
        "{where}：编号由 {before} 改为 {after}（推测：日志标签相同）",
    ),
    ("renamed", "name"): (
        "{where}: id changed from {before} to {after} (guessed: the name is the same)",
        "{where}：编号由 {before} 改为 {after}（推测：名称相同）",
    ),
    ("renamed", "content"): (
        "{where}: id changed from {before} to {after} (guessed: all else is the same)",
        "{where}：编号由 {before} 改为 {after}（推测：其余内容相同）",
    ),
}
NOTHING = ("(no step)", "（无步骤）")


def sentence(kind: str, path: Sequence[str | int], what: str, before: Any, after: Any, lang: str) -> str:
    """One change in words; see :class:`mining.blueprint.diff.Change`."""
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    if what == "language":
        kind = "same" if before is not None else "not compared"
    pattern = SENTENCES[kind, what][LANGUAGES.index(lang)]
    show = _trace if what == "trace" else _node if what == "node" else _code if path[-1] in CODED else _value
    if what == "order" and path[0] == "flow":
        before, after = ([_node(x, lang) for x in side] for side in (before, after))
    name = _name(before if after is None else after, lang) if what == "part" else ""
    where = _where(path[:1] if kind == "renamed" else path, lang)
    return pattern.format(where=where, name=name, before=show(before, lang), after=show(after, lang))


def _where(path: Sequence[str | int], lang: str) -> str:
    i = LANGUAGES.index(lang)
    first, rest = str(path[0]), path[1:]
    if first == "flow":
        place = ".".join(str(x + 1) if isinstance(x, int) else x for x in rest)
        return f"{PARTS[first][i]}{f' ({place})' if lang == 'en' else f'（{place}）'}" if place else PARTS[first][i]
    part = PARTS.get(first, KEYS.get(first, (first, first)))[i]
    keys = [str(x) for x in rest]
    if first in PARTS and first not in ("scope", "log") and keys:
        part, keys = f"{part} {keys[0]}", keys[1:]
    words = [_key(key, i) for key in keys]
    return (f"{part}: {', '.join(words)}" if lang == "en" else f"{part}：{'、'.join(words)}") if words else part


def _key(key: str, i: int) -> str:
    """A key of the format in words; of a calendar's week, the days."""
    days = key.split("-")
    if DAYS.keys() >= set(days):
        return ("-", "至")[i].join(DAYS[day][i] for day in days)
    return KEYS.get(key, (key, key))[i]


def _name(part: Mapping[str, Any], lang: str) -> str:
    texts = part.get("name") or part.get("text")
    text = (
        texts.get(lang) or next(iter(texts.values()))
        if texts
        else _code(part.get("kind") or part.get("metric") or "", lang)
    )
    if not text:
        return ""
    return f" ({text})" if lang == "en" else f"（{text}）"


def _code(value: Any, lang: str) -> str:
    """A word of the format that is a value; in English it stands for itself."""
    if lang == "zh" and isinstance(value, str):
        return CODES.get(value, value)
    return _value(value, lang)


def _value(value: Any, lang: str) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return ("yes" if value else "no") if lang == "en" else ("是" if value else "否")
        case float():
            return f"{value:.15g}"
        case {"attr": attr, "op": op, "value": limit}:
            return f"{attr} {op} {_value(limit, lang)}"
        case {"any": names}:
            return (" or " if lang == "en" else "或").join(names)
        case dict():
            return ", ".join(
                f"{KEYS.get(k, (k, k))[LANGUAGES.index(lang)]} {(_code if k in CODED else _value)(v, lang)}"
                for k, v in value.items()
            )
        case list():
            joint = " and " if lang == "en" else " 且 "
            return (joint if value and isinstance(value[0], dict) else ", ").join(_value(x, lang) for x in value)
        case _:
            return str(value)


def _trace(steps: Any, lang: str) -> str:
    return " > ".join(steps) if steps else NOTHING[LANGUAGES.index(lang)]


def _node(node: Any, lang: str) -> str:
    """A part of a flow in one line, in the words of the format: ``choice(a | b > c)``."""
    match node:
        case None:
            return "-"
        case list():
            return " > ".join(_inner(x, lang) for x in node)
        case {"choice": items}:
            return f"choice({' | '.join(_node(x, lang) for x in items)})"
        case {"parallel": items}:
            return f"parallel({' & '.join(_node(x, lang) for x in items)})"
        case {"free": items}:
            return f"free({', '.join(items)})"
        case {"optional": item}:
            return f"optional({_node(item, lang)})"
        case {"loop": body}:
            more = "".join(f", {key} {_node(node[key], lang)}" for key in ("redo", "max") if key in node)
            return f"loop({_node(body, lang)}{more})"
        case {"bpmn": source}:
            return f"bpmn({source})"
        case _:
            return str(node)


def _inner(node: Any, lang: str) -> str:
    return f"[{_node(node, lang)}]" if isinstance(node, list) else _node(node, lang)
