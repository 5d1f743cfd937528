"""What to improve first: the printed table, then harm shown, then what the customer sees, then what is lost; and how sure that is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.findings import BANDS, PRIORITIES
from mining.harm.words import amount
from mining.priorities.change_requests import ChangeRequests, candidates_of, change_requests_of
from mining.priorities.evidence import Q, evidence_of, line_of_significance
from mining.priorities.order import KEYS
from mining.priorities.placing import (
    HIGH,
    LOW,
    RANK_HIGH,
    RANK_LOW,
    Work,
    facts_of,
    groups_of,
    per_case,
    placed,
    shares_of,
)
from mining.priorities.resampling import resampled
from mining.priorities.rows import TOP, other_rows, ranked_rows
from mining.priorities.worth import Worth, currency_of, values_of
from mining.results import Result
from mining.texts import say
from mining.units import MICROSECONDS, MISSING, percent

if TYPE_CHECKING:
    from mining.harm.effects import Effects
    from mining.study import Study

TIE = 0.25
MOST_SAMPLES = 100_000
SHORT = 30  # days: what is lost in a year is little more than a guess from less
NAMED = 3  # checks that a sentence names


@dataclass(frozen=True, eq=False, repr=False)
class Priorities(Result):
    """One row per finding, in the order of what to improve first. Made by :func:`priorities_of`."""

    study: Study
    effects: Effects
    worth: tuple[Worth, ...]
    mandatory: tuple[str, ...]
    change_requests: ChangeRequests
    observed_days: float
    work: Work
    tie_share: float = TIE

    columns: ClassVar[dict[str, str]] = {
        "rank": "1 is first; missing for what is kept within its promise, wholly allowed, or better for it (a change request)",
        "tie": "ranks that cannot be told apart, such as 2-4; empty where the place is sure",
        "finding_id": "as in the findings",
        "priority": "H, M or L: the printed table, one class up for checks named mandatory; missing for what is not ranked",
        "cell": "the cell of the table, and whether the class was shifted",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
        "check": "id of the check",
        "kind": "kind of the faults",
        "activity": "place; missing where a check has several",
        "severity": "critical, major, minor, observation",
        "mandatory": "named as asked for by law, contract, safety or consent",
        "visible": "the customer can see one of the activities concerned; missing where not known",
        "n_net": "cases with the fault that no allowance covers",
        "n_judged": "cases in which the check could be judged",
        "rate": "n_net / n_judged, 0-1",
        "desirability": "the first that holds: data (problems of the data could have made it: settle these first), allowed, kept (within "
        "the promised share), then as harm",
        "harm": "harmful, mixed (worse on one outcome, better on another), better, neutral (adjusted, guards hold, no effect shown), "
        "not_known (investigate), too_few",
        "grade": "best grade of the outcomes that are worse, else of all; missing where no effect was estimated",
        "worse_on": "outcomes that are worse for it (grade A or B, q < 0.05), joined by comma",
        "better_on": "outcomes that are better for it, joined by comma",
        "loss": "per year, in currency: what it costs, of outcomes with a declared worth; missing without worth, or below grade B",
        "loss_low": f"its {LOW}th percentile over the resampled cases: what the order goes by",
        "loss_high": f"its {HIGH}th percentile",
        "currency": "of the loss; missing without worth",
        "hours": "customer-hours lost per year: effect on time x cases; missing below grade B",
        "hours_of": "outcome that the hours are read from: time, else another outcome of time, never both; missing without hours",
        "hours_low": f"its {LOW}th percentile",
        "hours_high": f"its {HIGH}th percentile",
        "index": "100 x loss_low (else hours_low) / the largest of all, 0 where that is below 0; missing where no harm is shown",
        "excess_h": "wall-clock hours over the limit in the log, summed; missing where nothing is measured",
        "decided_by": "what puts it before the next: " + ", ".join(KEYS) + ", or nothing (id)",
        "swap": "share of the samples in which the next one stands before it, 0-1",
        "p_first": "share of the samples in which it is first, 0-1",
        "p_top5": f"share of the samples in which it is among the first {TOP}, 0-1",
        "rank_low": f"{RANK_LOW}th percentile of its rank over the samples",
        "rank_high": f"{RANK_HIGH}th percentile of it",
        **{f"p_{word}": f"share of the samples in which its class is {word}, 0-1" for word in PRIORITIES},
        "flags": "problems of the data that could have made more than 5 % of its faults, joined by comma; empty where none",
        "status": "ranked, change_request, within_target or allowed",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "rank",
            "tie",
            "priority",
            "title_en",
            "n_net",
            "n_judged",
            "desirability",
            "grade",
            "loss_low",
            "hours_low",
            "p_first",
        ),
        *("p_top5", "rank_low", "rank_high", "decided_by", "cell"),
    )

    @property
    def ranked(self) -> pd.DataFrame:
        """The ranked rows only."""
        return self.frame[self.frame["status"] == "ranked"].copy()

    @property
    def kept_and_harmful(self) -> pd.DataFrame:
        """Checks that are kept in the promised share of cases, and are harmful all the same in those where they are not (grade A or B).

        ``worse_on`` names outcomes that say more than the check: that late cases take longer is no news, so of checks of time the outcomes
        of time are left away, and checks without another one.
        """
        rows = self.frame[self.frame["status"] == "within_target"].copy()
        dimension = self.study.findings().frame.set_index("finding_id")["dimension"]
        of_time, outcomes = rows["finding_id"].map(dimension) == "time", self.effects.outcomes
        rows["worse_on"] = [
            ", ".join(id for id in worse.split(", ") if id and not (late and outcomes[id].kind == "time"))
            for worse, late in zip(rows["worse_on"], of_time, strict=True)
        ]
        return rows[rows["worse_on"] != ""]

    @property
    def currency(self) -> str:
        """Currency of the loss; empty without worth."""
        return self.worth[0].currency if self.worth else ""

    def rule(self, lang: str = "en") -> str:
        """The exact rule of the order, in words, with its cut points."""
        outcomes = self.effects.outcomes
        comma = say("word.listed", lang)
        worth = comma.join(item.text(outcomes[item.outcome], lang) for item in self.worth)
        parts = [
            say("priorities.rule.class", lang, bands=comma.join(_band(x, lang) for x in BANDS)),
            say("priorities.rule.mandatory", lang, checks=comma.join(self.mandatory)) if self.mandatory else "",
            say("priorities.rule.harm", lang, q=f"{Q:g}"),
            say("priorities.rule.visible", lang) if self.work.facts.visible_first else "",
            say("priorities.rule.loss", lang, worth=worth, low=LOW) if worth else say("priorities.rule.no_worth", lang),
            say("priorities.rule.hours", lang, low=LOW),
            say("priorities.rule.rest", lang),
            say(
                "priorities.rule.tie", lang,
                n=f"{len(self.work.drawn.n):,}", share=percent(self.tie_share, lang), low=RANK_LOW, high=RANK_HIGH,
            ),
        ]  # fmt: skip
        return "".join(parts).strip()

    def sentence(self, lang: str = "en") -> str:
        """What comes first, how sure that is, and what left the list."""
        rows = self.ranked
        if rows.empty:
            left = int((self.frame["status"] == "change_request").sum())
            text = say("priorities.none", lang) + (say("priorities.left", lang, n=left) if left else "")
            return text + self._kept(lang)
        first = rows.iloc[0]
        values = {
            "title": first[f"title_{lang}"], "p": percent(first["p_first"], lang), "n": len(rows),
            "top": percent(first["p_top5"], lang), "samples": f"{len(self.work.drawn.n):,}",
        }  # fmt: skip
        text = say("priorities.first", lang, **values)
        if first["tie"]:
            text += say("priorities.first_tie", lang, ranks=first["tie"])
        harmful = int(rows["harm"].isin(["harmful", "mixed"]).sum())
        text += say("priorities.harmful", lang, n=harmful, all=len(rows))
        if harmful and self.observed_days < SHORT:
            text += say("priorities.short_log", lang, days=f"{self.observed_days:.1f}")
        left = int((self.frame["status"] == "change_request").sum())
        return text + (say("priorities.left", lang, n=left) if left else "") + self._kept(lang)

    def _kept(self, lang: str) -> str:
        """What is kept within its promise, and does harm where it is not."""
        rows = self.kept_and_harmful
        if rows.empty:
            return ""
        listed, outcomes = say("word.listed", lang), self.effects.outcomes
        told = []
        for row in rows.head(NAMED).to_dict("records"):
            worse = [outcomes[id] for id in row["worse_on"].split(", ")]
            effects = [self.effects.row(row["finding_id"], item.id)["effect"] for item in worse]
            sizes = [f"{item.name[lang]} {amount(x, item, lang)}" for item, x in zip(worse, effects, strict=True)]
            told.append(say("priorities.kept.one", lang, title=row[f"title_{lang}"], sizes=listed.join(sizes)))
        more = say("priorities.kept.more", lang, n=len(rows) - NAMED) if len(rows) > NAMED else ""
        return say("priorities.kept", lang, told=say("priorities.kept.between", lang).join(told) + more)

    def plot(self, *, top: int = 40, lang: str = "en", ax: Any = None) -> Any:
        """The order with rank intervals, P(top 5) and what is lost; draws on ``ax`` and returns it."""
        from mining.plots.priorities import ranking_chart

        return ranking_chart(self, top=top, lang=lang, ax=ax)


def priorities_of(
    study: Study,
    effects: Effects,
    *,
    worth: Sequence[Worth] = (),
    mandatory: Collection[str] = (),
    bootstraps: int = 1000,
    seed: int = 0,
    visible_first: bool = True,
    addressable: Mapping[str, float] | None = None,
    cluster: str | None = None,
    tie: float = TIE,
) -> Priorities:
    """Put the findings in the order of what to improve first.

    1. class by the table of :func:`mining.findings.findings_of`, one class up for ``mandatory`` checks;
    2. harm shown (grade A or B, in the harmful direction, q < 0.05), then what is to be investigated, then too few cases;
    3. customer-visible first; 4. what is lost at least: the 10th percentile of the loss where ``worth`` is declared, then of the
    customer-hours; 5. hours over the limit, rate, id. :meth:`Priorities.rule` prints it.

    Deviations that are better on one outcome and worse on none are no findings but ``change_requests``, unless their check is critical or
    mandatory, or the data may have feigned them, or what is saved is a step that was left out though customers see it or it weighs major;
    see :func:`mining.priorities.change_requests.candidates_of`.

    How sure: the cases are drawn anew ``bootstraps`` times, and classes, losses and order made again in each. What stays as it was
    found: which findings are ranked, the guards of the effects and their standard errors, and the reading of the cases.

    Parameters
    ----------
    study : Study
    effects : Effects
        As :func:`mining.harm.effects_of` gives them.
    worth : sequence of Worth
        What units of outcomes are worth. Nothing is assumed: without it there is no money.
    mandatory : collection of str
        Checks that law, contract, safety or consent ask for.
    bootstraps, seed : int
        How many samples, and the seed of chance.
    visible_first : bool, default True
    addressable : mapping of str to float, optional
        Finding to the share of its harm that the service could remove (customers' own doing excluded); 1 where not said.
    cluster : str, optional
        Attribute (such as the customer) whose cases are drawn together; by default the one that the effects were made with.
    tie : float, default 0.25
        Neighbours that swap in more than this share of the samples are shown as a tie.

    Returns
    -------
    Priorities

    Raises
    ------
    UnknownNameError
        For a check, outcome, finding or attribute that is not there.
    MiningError
        For amounts that cannot be added up, see :class:`Worth`; for numbers outside their range.
    """
    check_numbers(bootstraps, seed)
    if not 0 <= tie <= 1:
        raise MiningError(f"tie: {tie!r} is not a share between 0 and 1.")
    worth, mandatory = tuple(worth), tuple(sorted(set(mandatory)))
    for check in mandatory:
        if check not in (known := [x.id for x in study.checks]):
            raise UnknownNameError("check", check, known, where="mandatory")
    currency = currency_of(worth, effects.outcomes)
    cluster = cluster if cluster is not None else cluster_of(study, effects)
    findings = study.findings().frame.sort_values("finding_id", ignore_index=True)
    said = evidence_of(effects, findings["finding_id"].tolist())
    good = candidates_of(study, findings, said, effects.outcomes, mandatory)
    out = np.array([x is not None and not x.stays for x in good], bool)
    is_ranked = (findings["status"] == "open").to_numpy(bool) & ~out
    ranked = findings[is_ranked].reset_index(drop=True)
    own = evidence_of(effects, ranked["finding_id"].tolist())
    shares = shares_of(dict(addressable or {}), ranked["finding_id"].tolist())
    facts = facts_of(
        ranked, own, mandatory=set(mandatory), worth=values_of(worth, effects.outcomes), times=time_outcomes(effects),
        addressable=shares, line=line_of_significance(effects.frame), visible_first=visible_first,
    )  # fmt: skip
    cases = per_case(study, ranked, effects.influence[own.rows["place"].to_numpy(int)])
    point = cases.sums(np.ones((1, study.instances.n_cases)))
    drawn = resampled(cases, bootstraps, seed, groups_of(study, cluster))
    before = np.array([PRIORITIES.index(x) for x in ranked["priority"]], np.int64)
    shown = np.array([x in ("harmful", "mixed") for x in own.harm], bool)
    found = placed(facts, point, drawn, np.maximum(before - facts.mandatory, 0), shown, seed)
    work = Work(tuple(ranked["finding_id"]), facts, point, drawn, found, tuple(own.rows["outcome"]), seed)
    days = observed_days(study)
    frame = pd.concat([ranked_rows(ranked, own, work, days, currency, tie), other_rows(findings, said, is_ranked, out)])
    frame = frame.reindex(columns=list(Priorities.columns)).reset_index(drop=True)
    frame["rank"] = frame["rank"].astype("Int64")
    frame["mandatory"] = frame["check"].isin(mandatory)
    settings = {
        "worth": [f"{x.outcome}: {x.amount:g} {x.currency}" for x in worth], "mandatory": list(mandatory), "bootstraps": bootstraps,
        "seed": seed, "visible_first": visible_first, "tie": tie, "observed_days": round(days, 3),
    }  # fmt: skip
    settings |= {"cluster": cluster} if cluster else {}
    settings |= {"addressable": dict(sorted(addressable.items()))} if addressable else {}
    requests = change_requests_of(study, effects, findings, said, good, mandatory)
    return Priorities(
        frame, study.provenance("priorities", **settings), study, effects, worth, mandatory, requests, days, work, tie
    )


def check_numbers(bootstraps: int, seed: int) -> None:
    """Refuse numbers of samples and seeds that are none.

    Raises
    ------
    MiningError
    """
    if isinstance(bootstraps, bool) or not isinstance(bootstraps, int) or not 1 <= bootstraps <= MOST_SAMPLES:
        raise MiningError(
            f"bootstraps: {bootstraps!r} is not a whole number from 1 to {MOST_SAMPLES:,}. 1,000 are usual."
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise MiningError(f"seed: {seed!r} is not a whole number from 0 up.")


def cluster_of(study: Study, effects: Effects) -> str | None:
    """The attribute whose cases belong together in the effects; None where every case stands for itself."""
    name = effects.provenance.parameters.get("cluster")
    return name if name in study.log.binding.attributes else None


def time_outcomes(effects: Effects) -> tuple[str, ...]:
    """The outcomes that customer-hours can be read from: ``time`` first, then other outcomes of time, such as waiting."""
    times = [item.id for item in effects.outcomes if item.kind == "time"]
    return tuple(sorted(times, key=lambda id: id != "time"))


def observed_days(study: Study) -> float:
    """Days from the first moment of the log to its last."""
    start = study.instances.case_start
    known = start[start != MISSING]
    return (study.instances.now - int(known.min())) / MICROSECONDS / 86_400 if len(known) else 0.0


def _band(band: str, lang: str) -> str:
    """A band of rates as it is printed; Chinese has no blank before the sign.

    Examples
    --------
    >>> _band(">= 5 %", "en"), _band("1-5 %", "zh")
    ('≥ 5 %', '1–5%')
    """
    text = band.replace(">=", "≥").replace("-", "–")
    return text.replace(" ", "") if lang == "zh" else text
