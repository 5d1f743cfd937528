"""The tables of the page on what to improve first, told column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from mining.findings import BANDS, TABLE
from mining.harm.words import amount, amounts, weak_told
from mining.report.formats import DASH, Writer
from mining.report.frames import Told, told_table
from mining.report.table import Table
from mining.results import plain
from mining.voice.items import item_name

if TYPE_CHECKING:
    from mining.causes.table import Causes
    from mining.improvement import Improvement
    from mining.outcomes.kpis import Kpis
    from mining.plan.actions import Actions
    from mining.plan.lint import ActionLint
    from mining.priorities.ranking import Priorities
    from mining.voice.coders import IncidentTable
    from mining.voice.gaps import FiveGaps
    from mining.voice.ipa import Ipa
    from mining.voice.kano import Kano
    from mining.voice.scales import Scores
    from mining.voice.servqual import TouchpointGaps
    from mining.voice.triangulation import Triangulation

MOST = 15  # rows of a table; the files beside the page have all
LOST = ("loss_low", "loss_high", "hours_low", "hours_high")  # what `lost` prints
NAMED = 3  # actions that are named where many lack the same
GROUPS = 4  # groups of cases for one finding


def priorities(found: Priorities, w: Writer) -> Table:
    """The ranked findings with what put them there."""
    rows = found.ranked
    top = rows.head(MOST).astype(object)
    top["title"] = top[f"title_{w.lang}"]
    top["harm_said"] = [_harm(row, w) for row in top.to_dict("records")]
    top["lost"] = [lost(row, w) for row in top.to_dict("records")]
    top["ranks"] = [f"{x.rank_low:.0f}–{x.rank_high:.0f}" for x in top.itertuples()]
    columns = (
        Told("rank", "improvement.col_rank"),
        Told("title", "improvement.col_finding", "text"),
        Told("priority", "improvement.col_class", "mark"),
        Told("n_net", "improvement.col_cases", of="n_judged"),
        Told("harm_said", "improvement.col_harm", "text"),
        Told("lost", "improvement.col_lost", "text"),
        Told("p_top5", "improvement.col_top5", "share"),
        Told("ranks", "improvement.col_ranks", "word"),
        Told("tie", "improvement.col_tie", "word"),
    )
    return told_table("priorities", _cut("improvement.first_table", rows, w), top, columns, w)


def rule_table(w: Writer) -> Table:
    """The printed table that gives the class."""
    rows = [
        {"severity": severity, "sees": visible, **dict(zip(BANDS, cells, strict=True))}
        for (severity, visible), cells in TABLE.items()
    ]
    columns = (
        Told("severity", "improvement.col_severity", "text", words=lambda x: w.say(f"severity.{x}")),
        Told("sees", "improvement.col_sees", "yes"),
        *(Told(band, f"improvement.band_{k}", "mark") for k, band in enumerate(BANDS)),
    )
    return told_table("rule", w.say("improvement.rule_table"), pd.DataFrame(rows), columns, w)


def _harm(row: dict[str, Any], w: Writer) -> str:
    word = w.say(f"improvement.harm_{row['harm']}")
    said = f"{word} ({plain(row['grade'])})" if plain(row["grade"]) else word
    return said + w.say("improvement.harm_better_why") if row["harm"] == "better" else said


def lost(row: Mapping[str, Any], w: Writer) -> str:
    """What is lost per year: money where a worth is declared, else hours; a dash where nothing is shown to be lost."""
    if row["harm"] not in ("harmful", "mixed"):
        return DASH
    currency = plain(row["currency"])
    if currency and plain(row["loss"]) is not None:
        ends = [f"{row[name]:,.0f}" for name in ("loss_low", "loss_high")]
        return w.say("improvement.money_between", low=ends[0], high=ends[1], currency=currency)
    if plain(row["hours"]) is None:
        return DASH
    ends = [f"{row[name]:,.0f}" for name in ("hours_low", "hours_high")]
    return w.say("improvement.hours_between", low=ends[0], high=ends[1])


def effects(found: Improvement, w: Writer) -> Table:
    """Every effect that was adjusted, the shown ones first; naive beside adjusted."""
    table = found.effects
    rows = table.frame[table.frame["effect"].notna()]
    rows = rows.sort_values(["grade", "q", "finding_id"], kind="stable")
    titles = found.priorities.frame.set_index("finding_id")[f"title_{w.lang}"]
    said = []
    for row in rows.head(2 * MOST).to_dict("records"):
        outcome = table.outcomes[row["outcome"]]

        def size(value: float, outcome: Any = outcome) -> str:
            return amount(value, outcome, w.lang)

        low, high = amounts([row["low"], row["high"]], outcome, w.lang)
        said.append(
            {
                "title": titles[row["finding_id"]], "name": outcome.name[w.lang], "naive": size(row["naive"]),
                "effect": size(row["effect"]), "interval": w.say("improvement.from_to", low=low, high=high),
                "n_with": row["n_compared"], "grade": row["grade"], "weak": weak_told(row["weak"], w.lang) if row["weak"] else DASH,
            }
        )  # fmt: skip
    names = ("title", "name", "naive", "effect", "interval", "n_with", "grade", "weak")
    kinds = ("text", "text", "text", "text", "text", "count", "text", "text")
    columns = [Told(name, f"improvement.col_{name}", how) for name, how in zip(names, kinds, strict=True)]
    frame = pd.DataFrame(said, columns=list(names))
    return told_table("effects", _cut("improvement.effects_table", rows, w, 2 * MOST), frame, columns, w)


def requests(found: Improvement, w: Writer) -> Table:
    """Deviations that do good."""
    frame = found.change_requests.frame.astype(object)
    outcomes = found.outcomes
    frame["title"] = frame[f"title_{w.lang}"]
    frame["name"] = [outcomes[x].name[w.lang] for x in frame["outcome"]]
    frame["effect_said"] = [amount(x.effect, outcomes[x.outcome], w.lang) for x in frame.itertuples()]
    frame["interval"] = [
        w.say("improvement.from_to", **dict(zip(("low", "high"), amounts([x.low, x.high], outcomes[x.outcome], w.lang), strict=True)))
        for x in frame.itertuples()
    ]  # fmt: skip
    frame["warned"] = [
        w.say("word.listed").join(_warning(x, stays, w) for x in warning.split(", ") if x)
        for warning, stays in zip(frame["warning"], frame["stays"], strict=True)
    ]
    columns = (
        Told("title", "improvement.col_title", "text"),
        Told("n_net", "improvement.col_cases", of="n_judged"),
        Told("name", "improvement.col_name", "text"),
        Told("effect_said", "improvement.col_effect", "text"),
        Told("interval", "improvement.col_interval", "text"),
        Told("grade", "improvement.col_grade", "text"),
        Told(f"change_{w.lang}", "improvement.col_change", "text"),
        Told("warned", "improvement.col_warning", "text"),
    )
    return told_table(
        "requests", w.say("improvement.requests_table", n=frame["finding_id"].nunique()), frame, columns, w
    )


def _warning(word: str, stays: bool, w: Writer) -> str:
    return w.say(f"improvement.warning_{word}_stays" if word == "left_out" and stays else f"improvement.warning_{word}")


def more_often(found: Causes, finding: str) -> pd.DataFrame:
    """Groups that deviate more often than the others, for sure, and not only in the part that was searched."""
    rows = found.of(finding)
    return rows[(rows["q"] < found.q_limit) & (rows["rr"] > 1) & (rows["verdict"] != "does not hold")]


def causes(found: Causes, finding: str, ranked: Priorities, w: Writer) -> Table:
    """Groups of cases that one finding is associated with."""
    rows = more_often(found, finding)
    title = ranked.frame.set_index("finding_id")[f"title_{w.lang}"][finding]
    frame = rows.head(GROUPS).astype(object)
    frame["verdict_said"] = [w.say(f"improvement.verdict_{x.replace(' ', '_')}") for x in frame["verdict"]]
    columns = (
        Told(f"level_{w.lang}", "improvement.col_group", "text"),
        Told("deviating", "improvement.col_deviating", of="n"),
        Told("rate", "improvement.col_rate", "share"),
        Told("rest_rate", "improvement.col_rest", "share"),
        Told("rr", "improvement.col_rr", "number"),
        Told("low", "improvement.col_low", "number"),
        Told("high", "improvement.col_high", "number"),
        Told("excess", "improvement.col_excess", "number"),
        Told("verdict_said", "improvement.col_held_out", "text"),
    )
    caption = w.say("improvement.causes_table", title=title, k=len(frame), n=len(rows))
    return told_table(f"causes-{finding}", caption, frame, columns, w)


def kpis(found: Kpis, w: Writer) -> Table:
    """Indicators against their targets."""
    frame = found.frame.astype(object)
    words = dict(zip(found.frame["kpi"], found.items, strict=True))

    def said(kpi: str, value: Any) -> str:
        return DASH if plain(value) is None else found.value_words(words[kpi], float(value), w.lang)

    for name in ("value", "low", "high", "target"):
        frame[f"{name}_said"] = [said(k, x) for k, x in zip(frame["kpi"], found.frame[name], strict=True)]
    frame["interval"] = [
        DASH if x.low_said == DASH else w.say("improvement.from_to", low=x.low_said, high=x.high_said)
        for x in frame.itertuples()
    ]
    frame["why"] = frame[f"why_{w.lang}"]
    columns = (
        Told(f"name_{w.lang}", "improvement.col_kpi", "text"),
        Told("value_said", "improvement.col_value", "text"),
        Told("interval", "improvement.col_interval", "text"),
        Told("n", "improvement.col_n"),
        Told("target_said", "improvement.col_target", "text"),
        Told("met", "improvement.col_met", "yes"),
        Told("why", "improvement.col_not_measured", "text"),
    )
    return told_table("kpis", w.say("improvement.kpis_table"), frame, columns, w)


def costs(found: Improvement, w: Writer) -> Table:
    """What faults cost, the dearest first."""
    table = found.quality_costs
    titles = found.priorities.frame.set_index("finding_id")[f"title_{w.lang}"]
    rows = table.frame[(table.frame["basis"] != "planned") & table.frame["money"].notna()]
    rows = rows.sort_values("money", ascending=False, kind="stable")
    frame = rows.head(MOST).astype(object)
    frame["what"] = [
        titles.get(x.finding_id) if plain(x.finding_id) else w.say("improvement.no_finding") for x in frame.itertuples()
    ]
    frame["kind_said"] = [w.say(f"improvement.cost_{x}") for x in frame["cost_kind"]]
    frame["money_said"] = [DASH if plain(x) is None else f"{x:,.0f} {table.currency}" for x in frame["money"]]
    columns = (
        Told("what", "improvement.col_finding", "text"),
        Told("kind_said", "improvement.col_cost_kind", "text"),
        Told("n", "improvement.col_events"),
        Told("cases", "improvement.col_in_cases"),
        Told("money_said", "improvement.col_money", "text"),
        Told("n_priced", "improvement.col_priced", of="n"),
    )
    return told_table("costs", _cut("improvement.costs_table", rows, w), frame, columns, w)


def scores(found: Scores, w: Writer) -> Table:
    """Measures of all answers to each item."""
    frame = found.frame
    whole = frame[(frame["touchpoint"] == "all") & (frame["segment"] == "all") & ~frame["hidden"]]
    whole = whole[whole["kind"] != "importance"]  # of all touchpoints together it says nothing
    whole = whole.astype(object).assign(item=[item_name(x, w.lang) for x in whole["item"]])
    for name in ("value", "low", "high"):
        pairs = zip(whole["measure"], whole[name], strict=True)
        whole[name] = [DASH if pd.isna(x) else _score(x, measure, w) for measure, x in pairs]
    columns = (
        Told("item", "improvement.col_item", "text"),
        Told("kind", "improvement.col_kind", "text", words=lambda x: w.say(f"improvement.kind_{x}")),
        Told("measure", "improvement.col_measure", "text", words=lambda x: w.say(f"improvement.measure_{x}")),
        Told("n", "improvement.col_answers"),
        Told("value", "improvement.col_value", "words"),
        Told("low", "improvement.col_low", "words"),
        Told("high", "improvement.col_high", "words"),
    )
    return told_table("scores", w.say("improvement.scores_table"), whole, columns, w)


def _score(value: float, measure: str, w: Writer) -> str:
    """A measure of answers as people write it: a share, a net promoter score, or points."""
    return w.share(value) if measure in ("top_two", "easy") else f"{value:.1f}" if measure == "nps" else f"{value:.2f}"


def incidents(found: IncidentTable, w: Writer) -> Table:
    """What interviews and complaints were about, the most frequent first."""
    rows = found.frame[~found.frame["hidden"]].sort_values("n", ascending=False, kind="stable")
    columns = (
        Told("category", "improvement.col_category", "text"),
        Told("touchpoint", "improvement.col_touchpoint", "text"),
        Told("negative", "improvement.col_negative"),
        Told("positive", "improvement.col_positive"),
        Told("n", "improvement.col_all"),
        Told("share", "improvement.col_rate", "share"),
    )
    return told_table("incidents", _cut("improvement.incidents_table", rows, w), rows.head(MOST), columns, w)


def needs(found: Kano, w: Writer) -> Table:
    """Needs with their class."""
    rows = found.frame
    columns = (
        Told("text", "improvement.col_need", "text"),
        Told("n", "improvement.col_answers"),
        Told("kano", "improvement.col_kano", "text", words=lambda x: w.say(f"voice.kano.{x}")),
        Told("second", "improvement.col_second", "text", words=lambda x: w.say(f"voice.kano.{x}")),
        Told("better", "improvement.col_better", "number"),
        Told("worse", "improvement.col_worse", "number"),
    )
    return told_table("needs", _cut("improvement.needs_table", rows, w), rows.head(MOST), columns, w)


def touchpoint_gaps(found: TouchpointGaps, w: Writer) -> Table:
    """Perception less expectation by touchpoint."""
    rows = found.frame[~found.frame["hidden"] & found.frame["gap"].notna()]
    points: dict[str, Any] = {"how": "words", "words": lambda x: f"{x:.2f}"}
    columns = (
        Told("touchpoint", "improvement.col_touchpoint", "text"),
        Told("n_pairs", "improvement.col_answers"),
        Told("perception", "improvement.col_perception", **points),
        Told("expectation", "improvement.col_expectation", **points),
        Told("gap", "improvement.col_difference", **points),
        Told("gap_low", "improvement.col_low", **points),
        Told("gap_high", "improvement.col_high", **points),
    )
    return told_table("touchpoint-gaps", w.say("improvement.touchpoint_gaps_table"), rows, columns, w)


def importance(found: Ipa, w: Writer) -> Table:
    """Touchpoints by importance and performance."""
    frame = found.frame.astype(object)
    frame["where"] = [DASH if plain(x) is None else w.say(f"improvement.quadrant_{x}") for x in frame["quadrant"]]
    columns = (
        Told(f"name_{w.lang}", "improvement.col_touchpoint", "text"),
        Told("where", "improvement.col_quadrant", "text"),
        Told("performance", "improvement.col_performance", "number"),
        Told("importance", "improvement.col_importance", "number"),
        Told("stated", "improvement.col_stated", "number"),
        Told("penalty", "improvement.col_penalty", "number"),
        Told("p_improve", "improvement.col_p_improve", "share"),
    )
    return told_table("importance", w.say("improvement.importance_table"), frame, columns, w)


def sources(found: Triangulation, w: Writer) -> Table:
    """What the log, the survey and the visits say of the same question."""
    frame = found.frame
    rows = frame[frame["status"].isin(["conflict", "agree"])]  # of the others the sentence tells how many
    rows = rows.sort_values("status", ascending=False, kind="stable")
    shown = rows.head(2 * MOST).astype(object)
    shown["state"] = [w.say(f"improvement.status_{x.replace(' ', '_')}") for x in shown["status"]]
    columns = (
        Told(f"name_{w.lang}", "improvement.col_question", "text"),
        Told("question", "improvement.col_about", "text", words=lambda x: w.say(f"improvement.about_{x}")),
        Told("state", "improvement.col_status", "text"),
        *(
            Told(f"{source}_share", f"improvement.col_{source}", "share", bounds=(f"{source}_low", f"{source}_high"))
            for source in ("log", "survey", "mystery", "inspection")
        ),
    )
    return told_table("sources", _cut("improvement.sources_table", rows, w, 2 * MOST), shown, columns, w)


def gaps(found: FiveGaps, w: Writer) -> Table:
    """The five gaps, each with its evidence."""
    columns = (
        Told("gap", "improvement.col_gap"),
        Told(f"name_{w.lang}", "improvement.col_question", "text"),
        Told("measured", "improvement.col_measured", "yes"),
        Told("n", "improvement.col_n"),
        Told(f"said_{w.lang}", "improvement.col_said", "text"),
    )
    return told_table("gaps", w.say("improvement.gaps_table"), found.frame, columns, w)


def plan(found: Actions, w: Writer) -> Table:
    """The actions of the plan."""
    frame = found.frame.astype(object)
    frame["goal_said"] = found.goals(w.lang)
    for name in ("start", "due"):
        frame[name] = ["" if pd.isna(x) else str(x)[:10] for x in frame[name]]
    rules = frame["rule_zh" if w.lang == "zh" else "rule"]
    as_proposed = (found.frame["proposed"] == found.frame["target"]).tolist()
    frame["rule_said"] = [
        rule if same else w.say("improvement.own_target") for rule, same in zip(rules, as_proposed, strict=True)
    ]
    share = found.frame["metric"].str.startswith("share:")
    for name in ("baseline", "target"):
        frame[name] = [
            DASH if pd.isna(x) else w.share(x) if is_share else f"{x:,.6g}"
            for x, is_share in zip(found.frame[name], share, strict=True)
        ]
    columns = (
        Told("action_id", "improvement.col_action", "word"),
        Told("goal_said", "improvement.col_goal", "text"),
        Told("baseline", "improvement.col_baseline", "word"),
        Told("target", "improvement.col_target", "word"),
        Told("rule_said", "improvement.col_rule", "text"),
        Told("owner", "improvement.col_owner", "text"),
        Told("start", "improvement.col_start", "word"),
        Told("due", "improvement.col_due", "word"),
        Told("status", "improvement.col_state", "word", words=lambda x: w.say(f"improvement.state_{x}")),
    )
    return told_table("plan", w.say("improvement.plan_table", n=len(frame)), frame, columns, w)


def lint(found: ActionLint, w: Writer) -> Table:
    """What the plan lacks: what several actions lack is said once."""
    texts = [f"what_{w.lang}", f"do_{w.lang}"]
    frame = found.frame.assign(action_id=found.frame["action_id"].fillna(DASH))
    rows = frame.groupby(["severity", *texts], sort=False)["action_id"].agg(list).reset_index()
    rows["n"] = rows["action_id"].map(len)
    rows["actions"] = [
        w.say("word.listed").join(x[:NAMED]) + (" …" if len(x) > NAMED else "") for x in rows.pop("action_id")
    ]
    columns = (
        Told("severity", "improvement.col_severity", "word", words=lambda x: w.say(f"improvement.lint_{x}")),
        Told(texts[0], "improvement.col_what", "text"),
        Told("n", "improvement.col_times"),
        Told("actions", "improvement.col_action", "text"),
        Told(texts[1], "improvement.col_do", "text"),
    )
    return told_table("lint", _cut("improvement.lint_table", rows, w, 2 * MOST), rows.head(2 * MOST), columns, w)


def _cut(key: str, frame: pd.DataFrame, w: Writer, most: int = MOST) -> str:
    return w.say(key, k=w.count(min(most, len(frame))), n=w.count(len(frame)))
