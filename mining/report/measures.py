"""Tables of what the checks add up to: seven dimensions, touchpoints, promised times, funnels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mining.blueprint.stages import HANDOVER
from mining.opportunities import FACETS
from mining.report.formats import DASH, Writer
from mining.report.table import Cell, Row, Table, number, records, table
from mining.results import plain
from mining.study import Study
from mining.texts import activity_name, check_text, promise

if TYPE_CHECKING:
    from mining.funnel import Funnel

SHARES = ("80", "90", "95")


def dimensions(study: Study, w: Writer) -> Table:
    """The seven dimensions side by side; one without a check is not measured, which is no pass."""
    rows = [Row(row["dimension"], _dimension_cells(row, w)) for row in records(study.dimensions().frame)]
    heads = (
        "col.dimension",
        "col.checks",
        "col.judged",
        "col.passes_all",
        "col.undecided",
        "col.gross_share",
        "col.net_share",
    )
    return table("dimensions", w.say("report.dimensions.caption"), [w.say(x) for x in heads], rows, "tnnnnnn")


def _dimension_cells(row: dict[str, Any], w: Writer) -> tuple[Cell, ...]:
    judged = bool(row["judged"])
    quiet = "" if judged else "quiet"
    beside = [w.say("report.observations", n=w.count(row["observations"]))] if row["observations"] else []
    notes = [*beside, *([] if judged else [state_words(row["state"], w)])]
    name = Cell(w.say(f"dimension.{row['dimension']}"), sub=w.say("report.semicolon").join(notes), tone=quiet)
    gross = {x: row[x] for x in ("gross", "low", "high")}
    net = {x: row[x] for x in ("net", "net_low", "net_high")}
    return (
        name,
        Cell(w.count(row["checks"]), data={"checks": row["checks"]}, tone=quiet),
        Cell(w.count(row["judged"]), data={"judged": row["judged"]}, tone=quiet),
        Cell(w.count(row["pass"]), data={"pass": row["pass"]}, tone=quiet),
        Cell(w.count(row["undecided"]), data={"undecided": row["undecided"]}, tone="" if row["undecided"] else "quiet"),
        Cell(w.share(row["gross"]), w.interval(row["low"], row["high"]) if judged else "", gross, tone=quiet),
        Cell(w.share(row["net"]), w.interval(row["net_low"], row["net_high"]) if judged else "", net, tone=quiet),
    )


def state_words(state: str, w: Writer) -> str:
    """Whether a dimension is measured, in words."""
    return w.say(f"state.{state.replace(' ', '_')}")


# --- touchpoints -----------------------------------------------------------------------------------------------------


def tested_facets(study: Study) -> list[str]:
    """The facets that the log can test at some touchpoint."""
    frame = study.touchpoints().frame
    return [facet for facet in FACETS if frame[f"{facet}_n"].fillna(0).sum()]


def untested_facets(study: Study, w: Writer) -> list[str]:
    """A sentence on the facets that nothing tests, where there are any."""
    tested = tested_facets(study)
    names = [w.say(f"facet.{x}") for x in FACETS if x not in tested]
    return [w.say("report.touchpoints.untested", names=w.say("report.comma").join(names))] if names else []


def touchpoints(study: Study, w: Writer) -> Table:
    """The scorecard: per touchpoint the opportunities, the share that passes on each facet, and on all of them."""
    facets = tested_facets(study)
    rows = [
        Row(row["touchpoint"], _touchpoint_cells(study, row, facets, w)) for row in records(study.touchpoints().frame)
    ]
    heads = ["col.touchpoint", "col.opportunities", *(f"facet.{x}" for x in facets), "col.all_facets", "col.net_share"]
    caption = w.say("report.touchpoints.caption")
    return table("touchpoints", caption, [w.say(x) for x in heads], rows, "tn" + "n" * len(facets) + "nn")


def _touchpoint_cells(study: Study, row: dict[str, Any], facets: list[str], w: Writer) -> tuple[Cell, ...]:
    stage = next(x.name.get(w.lang) for x in study.blueprint.stages if x.id == row["stage"])
    marks = [w.say(f"touchpoint.{x}") for x in ("moment_of_truth", "key") if row[x]][:1]
    counts = ("n", "missing", "extra", "elsewhere")
    name = Cell(
        activity_name(study.blueprint, row["touchpoint"], w.lang), sub=w.say("report.comma").join([stage, *marks])
    )
    if not row["testable"]:
        blank = [Cell(DASH, tone="quiet") for _ in range(len(facets) + 2)]
        return (name, Cell(w.say("touchpoint.untestable"), tone="quiet"), *blank)
    lacks = w.say("report.comma").join(w.say(f"touchpoint.{x}", n=w.count(row[x])) for x in counts[1:] if row[x])
    return (
        name,
        Cell(w.count(row["n"]), sub=lacks, data={x: row[x] for x in counts}),
        *(_facet_cell(row, facet, w) for facet in facets),
        Cell(w.share(row["conf"]), w.interval(row["low"], row["high"]), {x: row[x] for x in ("conf", "low", "high")},
             tone="" if row["enough"] else "quiet"),
        number(w.share(row["net"]), net=row["net"]),
    )  # fmt: skip


def _facet_cell(row: dict[str, Any], facet: str, w: Writer) -> Cell:
    passed, n = row[f"{facet}_passed"], row[f"{facet}_n"]
    data = {facet: row[facet], f"{facet}_passed": passed, f"{facet}_n": n}
    return Cell(w.share(row[facet]), w.of(passed, n) if n else "", data, tone="" if n else "quiet")


# --- promised times --------------------------------------------------------------------------------------------------


def on_time(study: Study, w: Writer) -> Table:
    """Per time standard the share in time: of ended measurements, and with running ones as censored."""
    rows = [Row(row["standard"], _on_time_cells(study, row, w)) for row in records(study.on_time().frame)]
    heads = ("col.standard", "col.target", "col.in_time", "col.share_in_time", "col.running", "col.share_km", "col.met")
    return table("on-time", w.say("report.on_time.caption"), [w.say(x) for x in heads], rows, "tnnnnnm")


def _on_time_cells(study: Study, row: dict[str, Any], w: Writer) -> tuple[Cell, ...]:
    word, tone = {True: ("report.met", "good"), False: ("report.not_met", "bad"), None: ("report.no_target", "quiet")}[
        plain(row["kept"])
    ]
    share, target = w.against(row["share"], row["target"])
    running = w.say("report.overdue_now", n=w.count(row["overdue"])) if row["running"] else ""
    km = {x: row[x] for x in ("km", "km_low", "km_high", "km_n")}
    return (
        _standard(study, row, w),
        number(target, target=row["target"]),
        number(w.of(row["met"], row["n"]), met=row["met"], n=row["n"]),
        Cell(share, w.interval(row["low"], row["high"]), {x: row[x] for x in ("share", "low", "high")}),
        Cell(w.count(row["running"]), running, {x: row[x] for x in ("running", "overdue")}),
        Cell(w.share(row["km"]), w.interval(row["km_low"], row["km_high"]), km),
        Cell(w.say(word), data={"kept": row["kept"]}, tone=tone),
    )


def calibration(study: Study, w: Writer) -> Table:
    """Per time standard the limits that shares of the cases would keep."""
    rows = [Row(row["standard"], _calibration_cells(study, row, w)) for row in records(study.calibration().frame)]
    heads = [w.say("col.standard"), w.say("col.present_limit"), w.say("col.share_in_time")]
    heads += [w.say("col.limit_for", share=share) for share in SHARES]
    return table(
        "calibration", w.say("report.calibration.caption"), [*heads, w.say("col.limit_promised")], rows, "tnnnnnn"
    )


def _calibration_cells(study: Study, row: dict[str, Any], w: Writer) -> tuple[Cell, ...]:
    limit = promise(study.blueprint, row["standard"], w.lang)
    share, promised = w.against(row["share"], row["target"])
    target = w.say("report.for_share", share=promised) if row["target"] is not None else ""
    return (
        _standard(study, row, w),
        number(limit, limit=row["limit"]),
        number(share, share=row["share"], n=row["n"]),
        *(
            Cell(
                length(row, f"at_{x}", w), _with_running(row, f"km_{x}", w), {y: row[y] for y in (f"at_{x}", f"km_{x}")}
            )
            for x in SHARES
        ),
        Cell(length(row, "at_target", w), target, {"at_target": row["at_target"]}),
    )


def _standard(study: Study, row: dict[str, Any], w: Writer) -> Cell:
    check = next(check for check in study.checks if check.id == row["standard"])
    text = f"{row['standard']} · {check_text(study.blueprint, row['standard'], w.lang)}"
    return Cell(text, sub="" if row["n"] or row["running"] else study.why_not(check, w.lang))


def length(row: dict[str, Any], column: str, w: Writer) -> str:
    """A length in the unit of its standard; after or before the date for a due date."""
    amount = plain(row[column])
    if amount is None:
        return DASH
    if row["metric"] != "due_date":
        return w.length(amount, row["unit"])
    return w.say("report.overdue" if amount >= 0 else "report.early", length=w.length(abs(amount), row["unit"]))


def _with_running(row: dict[str, Any], column: str, w: Writer) -> str:
    """The same limit with running cases counted, where there are any."""
    return w.say("report.with_running", length=length(row, column, w)) if row["running"] else ""


# --- funnels ---------------------------------------------------------------------------------------------------------


def funnels(study: Study) -> dict[str, Funnel]:
    """Funnels by the path check of a self-service: of the whole service, or of its self-service stages."""
    found = (x.reading for x in study.path_results if x.reading.id != HANDOVER)
    return {x.id: study.funnel(x.stage) for x in found if x.mode == "self_service"}


def funnel_tables(study: Study, w: Writer) -> list[tuple[str, str, Table]]:
    """Per funnel a heading, what it says in a sentence, and its steps."""
    found = []
    for check, funnel in funnels(study).items():
        stage = next((x.name.get(w.lang) for x in study.blueprint.stages if x.id == funnel.stage), "")
        heading = w.say("report.funnel.stage", stage=stage) if stage else w.say("report.funnel.whole")
        rows = [Row(row["step"], _funnel_cells(study, row, w)) for row in records(funnel.frame)]
        heads = (
            "col.step",
            "col.reached",
            "col.reached_share",
            "col.dropped",
            "col.drop_after",
            "col.retries",
            "col.back",
        )
        caption = w.say("report.funnel.caption", n=w.count(funnel.entered))
        steps = table(f"funnel-{check}", caption, [w.say(x) for x in heads], rows, "tnnnnnn")
        found.append((heading, funnel.sentence(w.lang), steps))
    return found


def _funnel_cells(study: Study, row: dict[str, Any], w: Writer) -> tuple[Cell, ...]:
    name = activity_name(study.blueprint, row["step"], w.lang)
    if not row["testable"]:
        return (Cell(name, sub=w.say("touchpoint.untestable")), *(Cell(DASH, tone="quiet") for _ in range(6)))
    shares, after = {x: row[x] for x in ("share", "low", "high")}, plain(row["drop_after_s"])
    return (
        Cell(name, sub=w.say("funnel.dead_end") if plain(row["dead_end"]) else ""),
        number(w.count(row["reached"]), reached=row["reached"]),
        Cell(w.share(row["share"]), w.interval(row["low"], row["high"]), shares),
        Cell(
            w.count(row["dropped"]),
            w.share(row["drop_share"]) if row["dropped"] else "",
            _of(row, "dropped", "drop_share"),
        ),
        number(w.length(after, "s"), drop_after_s=row["drop_after_s"]),
        Cell(w.count(row["retries"]), _in_cases(row, "retries", "retry_cases", w), _of(row, "retries", "retry_cases")),
        Cell(w.count(row["back"]), _in_cases(row, "back", "back_cases", w), _of(row, "back", "back_cases")),
    )


def _of(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _in_cases(row: dict[str, Any], times: str, cases: str, w: Writer) -> str:
    return w.say("report.in_cases", n=w.count(row[cases])) if row[times] else ""
