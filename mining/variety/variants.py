"""The distinct traces of a study: how many cases follow each, how long they take, and where they leave the blueprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.conformance.alignment import LOG, MODEL
from mining.flow.spreads import exact_quantiles
from mining.pictures.variants import Row, Step, variants_picture
from mining.results import Result
from mining.texts import activity_name, say
from mining.units import MISSING, percent, readable

if TYPE_CHECKING:
    from mining.pictures import Picture
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class VariantList(Result):
    """One row per distinct sequence of completed activities, running and ended cases apart, most frequent first."""

    columns: ClassVar[dict[str, str]] = {
        "variant": "1 is the most frequent one, of equally frequent ones the first by its activities",
        "cases": "cases with this sequence",
        "share": "of all cases, 0-1",
        "cumulated": "share of all cases up to this row, 0-1",
        "running": "whether these cases have not ended: they may still become another variant",
        "events": "completed activity instances",
        "moves": "least number of deviations from the flow as drawn (log and model moves); missing where not solved",
        "fits": "whether it is a run of the flow (of running cases: the beginning of one); missing where not solved and it may be",
        "n_times": "ended cases whose beginning and end are known and do not contradict each other: those that the median is of",
        "median_s": "throughput time that half of those cases do not exceed, one that was measured, seconds",
        "example": "id of the first case with it",
        "trace": "activities in order (tuple of text)",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("variant", "cases", "share", "cumulated", "running", "events", "moves", "fits", "median_s", "example"),
    )

    study: Study

    def sentence(self, lang: str = "en") -> str:
        """How many variants there are, what the first hold, and how many cases run as designed."""
        cases = self.frame["cases"]
        n = int(cases.sum())
        if not n:
            return ""
        ended = ~self.frame["running"]
        fits = self.frame["fits"].astype("boolean").fillna(False)
        of, fit = int(cases[ended].sum()), int(cases[ended & fits].sum())
        values = {
            "n": f"{n:,}", "variants": f"{len(cases):,}", "top": percent(cases.iloc[0] / n, lang),
            "ten": percent(cases.head(10).sum() / n, lang), "fit": f"{fit:,}", "of": f"{of:,}",
            "fit_share": percent(fit / of, lang) if of else "-",
        }  # fmt: skip
        return say("variants.told", lang, **values)

    def picture(self, top: int = 10, *, lang: str = "en") -> Picture:
        """The most frequent variants as rows of steps, with what deviates from the flow as drawn.

        Parameters
        ----------
        top : int, default 10
            How many.
        lang : {"en", "zh"}, default "en"
        """
        found, blueprint = self.study.path.alignments, self.study.blueprint
        names, labels = self.study.instances.names, self.study.path.model.labels
        rows = []
        for k, row in enumerate(self.frame.head(max(top, 1)).itertuples(index=False)):
            trace = self.study.path.variants.traces[k]
            steps = []
            for i in range(int(found.first[k]), int(found.first[k + 1])):
                kind = int(found.kind[i])
                name = labels[int(found.label[i])] if kind == MODEL else names[trace[int(found.position[i])]]
                known = name in blueprint.by_id
                state = {MODEL: "missing", LOG: "extra" if known else "unknown"}.get(kind, "")
                seen = blueprint.lane_of(name).visible if known else None
                steps.append(Step(name, activity_name(blueprint, name, lang), seen, state))
            notes = [say("variants.cases", lang, n=f"{row.cases:,}", share=percent(float(row.share), lang))]
            if row.running:
                notes.append(say("variants.running", lang))
            elif row.n_times:
                notes.append(say("variants.median", lang, length=readable(row.median_s, lang)))
            n = sum(bool(step.state) for step in steps)
            notes.append(say(("variants.fits", "variants.move", "variants.moves")[min(n, 2)], lang, n=n))
            rows.append(Row(str(row.variant), float(row.share), tuple(notes), tuple(steps)))
        n = len(self.frame)
        values = {"k": f"{len(rows):,}", "n": f"{n:,}", "cases": f"{int(self.frame['cases'].sum()):,}"}
        title = say("variants.title", lang, share=percent(sum(row.share for row in rows), lang), **values)
        return variants_picture(rows, title=title, lang=lang)


def variants_of(study: Study) -> VariantList:
    """List the variants of a study.

    Parameters
    ----------
    study : Study

    Returns
    -------
    VariantList

    Examples
    --------
    >>> found = variants_of(study)
    >>> int(found.frame["cases"].sum()), found.frame["variant"].tolist()[:3]
    (2000, [1, 2, 3])
    """
    variants, found = study.path.variants, study.path.alignments
    instances, n = study.instances, len(variants.count)
    share = variants.count / max(int(variants.count.sum()), 1)
    first = np.full(n, instances.n_cases, np.int64)
    np.minimum.at(first, variants.of_case, np.arange(instances.n_cases))
    length = instances.case_end - instances.case_start
    known = (instances.case_start != MISSING) & (instances.case_end != MISSING) & (length >= 0)
    timed = ~study.is_open & known
    keys, (median,) = exact_quantiles(variants.of_case[timed].astype(np.int64), length[timed], (0.5,))
    frame = pd.DataFrame(
        {
            "variant": np.arange(1, n + 1),
            "cases": variants.count,
            "share": share,
            "cumulated": np.cumsum(variants.count) / max(int(variants.count.sum()), 1),
            "running": variants.open,
            "events": np.array([len(trace) for trace in variants.traces], np.int64),
            "moves": pd.array(found.cost, "Int64"),
            "fits": pd.array(found.cost == 0, "boolean"),
            "n_times": np.bincount(variants.of_case[timed], minlength=n),
            "median_s": pd.Series(median, keys).reindex(range(n)).to_numpy(float),
            "example": np.asarray(study.log.case_ids, object)[first],
        }
    )
    frame.loc[~found.solved, "moves"] = pd.NA
    frame.loc[~found.solved & (found.lower == 0), "fits"] = pd.NA
    traces = [tuple(instances.names[x] for x in trace) for trace in variants.traces]
    frame["trace"] = pd.Series(traces, dtype=object)
    return VariantList(frame, study.provenance("variants"), study)
