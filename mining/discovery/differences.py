"""What was seen of steps, orders, starts and ends, and the rows of what is only in the design or only in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.conformance.path import PathResult
from mining.results import wilson
from mining.texts import activity_name, say

if TYPE_CHECKING:
    from mining.study import Study

KINDS = ("activity", "order", "start", "end", "stage", "branch")
Key = tuple[str, str | None]
_wilson = cache(wilson)


@dataclass
class Seen:
    """What was seen of something: cases, times, the first case, and how many of the cases lack a start."""

    cases: int = 0
    times: int = 0
    first: int = -1
    cut: int = 0

    def add(self, count: int, times: int, case: int, cut: int) -> None:
        """So many cases alike, that show it so often each; the first of them, and those without a start."""
        self.cases, self.times, self.cut = self.cases + count, self.times + count * times, self.cut + cut
        self.first = case if self.first < 0 else min(self.first, case)


@dataclass
class Part:
    """What one reading of the log shows."""

    activity: dict[Key, Seen] = field(default_factory=dict)
    order: dict[Key, Seen] = field(default_factory=dict)
    start: dict[Key, Seen] = field(default_factory=dict)
    end: dict[Key, Seen] = field(default_factory=dict)
    n_begun: int = 0
    n_over: int = 0


def seen_in(path: PathResult, without_start: np.ndarray) -> Part:
    """Steps, direct orders, first and last steps of the cases of a reading."""
    names, variants = path.part.names, path.variants
    first = np.unique(variants.of_case, return_index=True)[1].tolist()
    cut = np.bincount(variants.of_case[without_start], minlength=len(variants.traces)).tolist()
    found = Part()
    columns = zip(variants.traces, variants.count.tolist(), variants.open.tolist(), first, cut, strict=True)
    for trace, count, running, case, missing in columns:
        if not trace:
            continue
        word = [names[x] for x in trace]
        for name, times in Counter(word).items():
            found.activity.setdefault((name, None), Seen()).add(count, times, case, 0)
        for pair, times in Counter(zip(word, word[1:], strict=False)).items():
            found.order.setdefault(pair, Seen()).add(count, times, case, 0)
        found.start.setdefault((word[0], None), Seen()).add(count, 1, case, missing)
        found.n_begun += count
        if not running:
            found.end.setdefault((word[-1], None), Seen()).add(count, 1, case, 0)
            found.n_over += count
    return found


class Rows:
    """Collects the rows of the table."""

    def __init__(self, study: Study) -> None:
        self.study, self.blueprint, self.n = study, study.blueprint, study.instances.n_cases
        self.ids = np.asarray(study.log.case_ids)
        self.rows: list[dict[str, Any]] = []

    def add(
        self,
        what: str,
        reading: str | None,
        designed: Iterable[tuple[str, str | None]],
        seen: dict[Key, Seen],
        n: int,
        common: Counter[str],
        alone: Iterable[str] = (),
    ) -> set[str]:
        """The differences of one kind; gives the names in them. ``alone``: steps that are themselves only in one of the two."""
        wanted, alone = set(designed), set(alone)
        common[what] += len(wanted & seen.keys())
        names = set[str]()
        for key in wanted ^ seen.keys():
            one = seen.get(key, Seen())
            names.add(key[0])
            low, high = _wilson(one.cases, n)
            words = {f"name_{lang}": self._words(what, reading, key, lang) for lang in ("en", "zh")}
            self.rows.append(
                {
                    "what": what,
                    "name": key[0],
                    "partner": key[1],
                    "designed": key in wanted,
                    "observed_cases": one.cases,
                    "n": n,
                }
                | {
                    "share": one.cases / n if n else np.nan,
                    "low": low,
                    "high": high,
                    "observed": one.times,
                    "maybe_cut": one.cut,
                }
                | {
                    "implied": any(x in alone for x in key),
                    "reading": reading,
                    "visible": self._visible(what, key),
                    **words,
                }
                | {"example_case": self.ids[one.first] if one.first >= 0 else None}
            )
        return names

    def branch(self, row: dict[str, Any]) -> None:
        """A branch that nobody took."""
        visible = [self.blueprint.lane_of(a).visible for a in row["steps"]]
        self.rows.append(
            {
                "what": "branch",
                "name": row["decision"],
                "partner": row["option"],
                "designed": True,
                "observed_cases": 0,
                "n": row["n"],
            }
            | {"share": 0.0, "low": row["low"], "high": row["high"], "observed": 0, "maybe_cut": 0, "implied": False}
            | {"visible": any(visible) if visible else None, "name_en": row["name_en"], "name_zh": row["name_zh"]}
        )

    def _words(self, what: str, reading: str | None, key: Key, lang: str) -> str:
        if what == "stage":
            stages = {stage.id: stage.name.get(lang) for stage in self.blueprint.stages}
            return say("comparison.in_order", lang, a=stages[key[0]], b=stages[str(key[1])])
        a, b = (activity_name(self.blueprint, x, lang) for x in key)
        text = say("comparison.in_order", lang, a=a, b=b) if b else say(f"comparison.is_{what}", lang, a=a)
        stage = next((s for s in self.blueprint.stages if reading == f"path-{s.id}"), None)
        return text if stage is None or b else text + say("comparison.in_stage", lang, stage=stage.name.get(lang))

    def _visible(self, what: str, key: Key) -> bool | None:
        if what == "stage":
            return None
        known = [self.blueprint.lane_of(x).visible for x in key if x in self.blueprint.by_id]
        return any(known) if known else None

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """The table, sorted."""
        frame = pd.DataFrame(self.rows, columns=list(columns))
        frame["kind"] = pd.Categorical(frame["what"], KINDS, ordered=True)
        for name in ("designed", "implied"):
            frame[name] = frame[name].astype(bool)
        for name in ("partner", "reading", "visible", "example_case"):
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
        for name in ("observed_cases", "n", "observed", "maybe_cut"):
            frame[name] = frame[name].astype(np.int64)
        frame = frame.assign(after=frame["partner"].fillna(""), at=frame["reading"].fillna(""))
        order = ["kind", "observed_cases", "name", "after", "at", "designed"]
        frame = frame.sort_values(order, ascending=[True, False, True, True, True, True], ignore_index=True)
        return frame.drop(columns=["kind", "after", "at"])
