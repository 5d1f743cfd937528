"""From a need to the result: need, objective, standard or rule, check, result; and the links that are cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mining.blueprint.model import Blueprint, Rule, Standard
from mining.display.naming import named
from mining.errors import UnknownNameError
from mining.results import Result
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

CUTS = ("no_touchpoint", "unknown_touchpoint", "no_standard", "no_objective", "no_result", "no_need")


@dataclass(frozen=True, eq=False, repr=False)
class Traceability(Result):
    """One row per need, touchpoint and check, and one per touchpoint, check and objective without a need. Made by :func:`traceability_of`.

    Attributes
    ----------
    cut : dict of str to tuple of str
        By kind of cut link what is cut: needs, checks, or (``no_need``) touchpoints, checks and objectives.
    needs, whole : int
        Needs of the register, and those of them that come to a result.
    names : mapping of str to mapping of str to str
        Activity to its name by language, for people; empty where no blueprint is at hand.
    """

    cut: dict[str, tuple[str, ...]]
    needs: int
    whole: int
    checks: int
    based: int
    names: Mapping[str, Any] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "need_id": "need; missing where there is none behind the row",
        "need": "its text",
        "touchpoint": "touchpoint that the need names, or that the check is about",
        "objectives": "ids of the indicators that measure this touchpoint, or that a link names, joined by comma",
        "check": "id of the standard or rule",
        "basis": "what the check rests on",
        "judged": "cases judged by it",
        "share": "share of the judged that pass, 0-1, before allowances (gross)",
        "target": "promised share; missing where none is promised",
        "met": "whether the promised share is reached; missing without one",
        "cut": "links that are cut, joined by comma: " + ", ".join(CUTS) + "; empty: whole",
    }

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the touchpoints, for the notebook."""
        return named(self.frame, self.names, lang)

    def links(self) -> pd.DataFrame:
        """The cut links as a table: cut, what."""
        return pd.DataFrame([(cut, name) for cut, names in self.cut.items() for name in names], columns=["cut", "what"])

    def matrix(self) -> pd.DataFrame:
        """Needs by touchpoints: how many standards and rules stand between them; 0: the need names it and nothing keeps it."""
        rows = self.frame[self.frame["need_id"].notna() & self.frame["touchpoint"].notna()]
        return rows.groupby(["need_id", "touchpoint"], sort=True)["check"].count().unstack(fill_value=0)

    def sentence(self, lang: str = "en") -> str:
        """How many needs come to a result, and which links are cut."""
        if not self.needs:
            return say("trace.no_needs", lang, n=len(self.cut["no_need"]))
        text = say("trace.head", lang, whole=self.whole, needs=self.needs, based=self.based, checks=self.checks)
        parts = [say(f"trace.cut.{cut}", lang, n=len(names)) for cut, names in self.cut.items() if names]
        return text + (say("trace.cut", lang, list=say("word.listed", lang).join(parts)) if parts else "")


def traceability_of(
    study: Study, *, needs: Any = None, links: Mapping[str, Collection[str]] | None = None
) -> Traceability:
    """Follow every need over its objective and its standards and rules to the result, and list what is cut.

    A need comes to the standards and rules that are about its touchpoint, and to the indicators (objectives) whose formula names it.

    Parameters
    ----------
    study : Study
    needs : Needs, optional
        Without it everything is without a need.
    links : mapping of str to collection of str, optional
        More links that nothing else tells: need to ids of standards, rules and indicators.

    Raises
    ------
    UnknownNameError
        For a link from or to something that there is not.

    Examples
    --------
    >>> table = traceability_of(study)
    >>> "S1" in table.cut["no_need"], table.needs
    (True, 0)
    """
    blueprint, linked = study.blueprint, {str(need): tuple(ids) for need, ids in (links or {}).items()}
    register, texts = needs_of(needs), needs_texts(needs)
    known = {*blueprint.checks, *(kpi.id for kpi in blueprint.kpis)}
    for need, ids in linked.items():
        if need not in register:
            raise UnknownNameError("need", need, register, where="links")
        for id in ids:
            if id not in known:
                raise UnknownNameError("standard, rule or indicator", id, known, where=f"links of {need}")
    results = study.summary().frame.set_index("check")
    rows = [row for need, places in register.items() for row in _of_need(blueprint, need, places, linked.get(need, ()))]
    based = {row["check"] for row in rows if row.get("check")}
    aims = {aim for row in rows for aim in row["objectives"]}
    met = {row["touchpoint"] for row in rows}
    rows += list(_without_need(blueprint, based, aims, met))
    for row in rows:
        _result(row, blueprint, results, texts)
    frame = pd.DataFrame(rows, columns=list(Traceability.columns))
    frame["objectives"] = [", ".join(x) for x in frame["objectives"]]
    cut = _cut(rows)
    frame = frame.astype({"judged": "Int64", "share": float, "target": float})
    whole = {row["need_id"] for row in rows if row["need_id"] and row.get("judged")}
    settings = {"needs": needs.sha256[:12]} if needs is not None else {"needs": "none"}
    settings |= {"links": sum(map(len, linked.values()))} if linked else {}
    return Traceability(
        frame,
        study.provenance("traceability", **settings),
        cut,
        len(register),
        len(whole),
        len(blueprint.checks),
        len(based),
    )


def needs_of(needs: Any) -> dict[str, tuple[str, ...]]:
    """Need to the touchpoints it names, in the order of the register; empty without one."""
    if needs is None:
        return {}
    found: dict[str, dict[str, None]] = {}
    for need, place in zip(needs.frame["need_id"], needs.frame["touchpoint"], strict=True):
        found.setdefault(str(need), {})
        if isinstance(place, str) and place:
            found[str(need)][place] = None
    return {need: tuple(places) for need, places in found.items()}


def needs_texts(needs: Any) -> dict[str, str]:
    """Need to its text."""
    if needs is None:
        return {}
    rows = needs.frame.dropna(subset=["text"]).drop_duplicates("need_id")
    return dict(zip(rows["need_id"].astype(str), rows["text"].astype(str), strict=True))


def checks_at(blueprint: Blueprint, place: str) -> tuple[str, ...]:
    """Ids of the standards and rules that are about an activity: that name it as their touchpoint, or in one of their parts.

    Examples
    --------
    >>> checks_at(study.blueprint, "send_receipt")[:2]
    ('R1', 'S1')
    """
    found = []
    for id, spec in blueprint.checks.items():
        if isinstance(spec, Rule):
            named: set[str | None] = {spec.a, spec.b}
        else:
            named = {spec.touchpoint} if spec.touchpoint else {*spec.of, *spec.end}
        if place in named:
            found.append(id)
    return tuple(found)


def _objectives_at(blueprint: Blueprint, place: str) -> tuple[str, ...]:
    """Ids of the indicators whose formula names an activity."""
    return tuple(kpi.id for kpi in blueprint.kpis if place in set(_words(kpi.formula)))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _words(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _words(part)


def _of_need(
    blueprint: Blueprint, need: str, places: tuple[str, ...], linked: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """The rows of one need: one per check, or one that says where it ends."""
    kpis = {kpi.id for kpi in blueprint.kpis}
    aims, direct = tuple(x for x in linked if x in kpis), [x for x in linked if x not in kpis]
    cuts = [] if places else ["no_touchpoint"]
    for id in direct:
        yield {
            "need_id": need,
            "touchpoint": places[0] if places else None,
            "objectives": aims,
            "check": id,
            "cut": [*cuts, *_aimless(aims)],
        }
    for place in places or ([] if direct else [None]):
        if place is None:
            yield {
                "need_id": need,
                "touchpoint": None,
                "objectives": aims,
                "cut": [*cuts, "no_standard", *_aimless(aims)],
            }
            continue
        contact = blueprint.by_id.get(place)
        here = (*aims, *(x for x in _objectives_at(blueprint, place) if x not in aims))
        head: dict[str, Any] = {"need_id": need, "touchpoint": place, "objectives": here}
        wrong = [] if contact is not None and contact.touchpoint else ["unknown_touchpoint"]
        checks = [id for id in checks_at(blueprint, place) if id not in direct]
        for id in checks:
            yield head | {"check": id, "cut": [*wrong, *_aimless(here)]}
        if not checks and not direct:
            yield head | {"cut": [*wrong, "no_standard", *_aimless(here)]}


def _aimless(aims: tuple[str, ...]) -> list[str]:
    return [] if aims else ["no_objective"]


def _without_need(
    blueprint: Blueprint, based: set[str], aims: set[str], met: set[str | None]
) -> Iterator[dict[str, Any]]:
    """Checks, touchpoints and objectives with no need behind them."""
    for id in blueprint.checks:
        if id not in based:
            place = next(
                (a.id for a in blueprint.activities if a.touchpoint and id in checks_at(blueprint, a.id)), None
            )
            yield {"need_id": None, "touchpoint": place, "objectives": (), "check": id, "cut": ["no_need"]}
    for activity in blueprint.activities:
        if activity.touchpoint and activity.id not in met:
            yield {"need_id": None, "touchpoint": activity.id, "objectives": (), "cut": ["no_need"]}
    for kpi in blueprint.kpis:
        if kpi.id not in aims:
            yield {"need_id": None, "touchpoint": None, "objectives": (kpi.id,), "cut": ["no_need"]}


def _result(row: dict[str, Any], blueprint: Blueprint, results: pd.DataFrame, texts: dict[str, str]) -> None:
    """Fill in the check's basis and result, and say where it has none."""
    row["need"] = texts.get(row["need_id"]) if row["need_id"] else None
    if id := row.get("check"):
        spec, found = blueprint.checks[id], results.loc[id]
        row |= {"basis": spec.basis, "judged": int(found["judged"]), "share": found["gross"], "met": found["met"]}
        row["target"] = spec.share if isinstance(spec, Standard) else None
        if not row["judged"]:
            row["cut"].append("no_result")
    row["cut"] = ", ".join(row["cut"])


def _cut(rows: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """By kind of cut what is cut, each once. A need is without a standard or objective only if all its rows are."""
    found: dict[str, dict[str, None]] = {cut: {} for cut in CUTS}
    for row in rows:
        for cut in filter(None, row["cut"].split(", ")):
            what = row["check"] if cut == "no_result" else row["need_id"]
            if cut == "no_need":
                what = row.get("check") or row["touchpoint"] or ", ".join(row["objectives"])
            found[cut][str(what)] = None
    for cut in ("no_standard", "no_objective"):
        safe = {row["need_id"] for row in rows if row["need_id"] and cut not in row["cut"]}
        found[cut] = {need: None for need in found[cut] if need not in safe}
    return {cut: tuple(names) for cut, names in found.items()}


__all__ = ["CUTS", "Traceability", "checks_at", "needs_of", "needs_texts", "traceability_of"]
