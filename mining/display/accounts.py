"""How what is no table shows itself in a notebook: a study, a log, versions, drafts, what stands beside a log, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from mining.display.definitions import head_of, word_of
from mining.display.language import shown_in
from mining.display.shown import facts
from mining.display.words import moment_words
from mining.errors import ModelError
from mining.texts import say

if TYPE_CHECKING:
    from mining.blueprint.draft import Draft
    from mining.blueprint.versions import Versions
    from mining.discovery.flow import DiscoveredFlow
    from mining.discovery.models import DiscoveredModel
    from mining.improvement import Improvement
    from mining.log.eventlog import EventLog
    from mining.log.lineage import Lineage
    from mining.log.roster import Roster
    from mining.log.store import LogStore
    from mining.monitor.core import Monitor
    from mining.privacy.key import Key
    from mining.record.record import Record
    from mining.simulation.run import Simulation
    from mining.study import Study
    from mining.version_studies import VersionStudies
    from mining.voice.tables import Table

DAY_US = 86_400_000_000
NAMED = 8  # labels, rows and reasons that are written out


def account(title: str, rows: Mapping[str, str], *, sentence: str = "", below: str = "", **values: Any) -> str:
    """Names and what stands for them, under a title; the names are keys of the texts, without ``display.fact.``.

    What is empty is left out.

    Examples
    --------
    >>> "<th scope=row>Cases</th><td>2</td>" in account("display.title.log", {"cases": "2", "notes": ""}, path="log.csv")
    True
    """
    lang = shown_in()
    told = {say(f"display.fact.{name}", lang): text for name, text in rows.items() if text}
    return facts(say(title, lang, **values), told, lang, sentence, below)


def study_html(study: Study) -> str:
    """What was read against what, and the picture."""
    running, cut = int((~study.has_end).sum()), int((~study.has_start).sum())
    rows = {
        "log": file_of(study.log.source.path),
        "blueprint": _blueprint(study.blueprint),
        "selection": _joined([_chosen(x) for x in getattr(study, "selection", ())], "report.semicolon"),
        **_size(study.instances.n_cases, len(study.instances.case)),
        "no_start": f"{cut:,}",
        "no_end": f"{running:,}",
        "open_cases": say(f"display.open_cases.{study.open_cases}", shown_in()),
        "unmapped": _some(study.instances.unmapped),
        "unseen": _some(study.instances.unseen),
        "roster": file_of(study.roster.path) if study.roster else "",
    }
    return account("display.title.study", rows, below=study.plot(lang=shown_in())._repr_html_())


def log_html(log: EventLog) -> str:
    """What is in a log, from when to when, and what became of its rows."""
    rows = {
        **_source(log.source),
        **_size(log.n_cases, log.n_instances),
        "activities": f"{len(log.labels):,}",
        "resources": f"{len(log.resources):,}",
        "span": _span(log.span, log.binding.tz),
        "columns": _columns(log.binding.columns),
        **_rows(log.lineage, _left_out(log)),
        "problems": _counts(log.problem_counts),
        "notes": _joined([word_of("notes", x, shown_in(), "Log") for x in log.notes], "report.semicolon"),
    }
    return account("display.title.log", rows)


def store_html(store: LogStore) -> str:
    """What is in a log that lies on disk."""
    rows = {
        "source": file_of(str(store.source.path)),
        **_size(store.n_cases, store.n_instances),
        "pieces": f"{store.n_pieces:,}",
        **_rows(store.lineage, f"{store.lineage.rows_dropped:,}"),
    }
    return account("display.title.store", rows)


def versions_html(versions: Versions) -> str:
    """Which version was in force from when to when."""
    lang = shown_in()
    rows = {}
    for period in versions.periods:
        until = say("display.until_further", lang) if period.last is None else str(period.last)
        text = say("display.from_to", lang, first=period.first, last=until)
        if period.replaced_by:
            text = say("report.bracket", lang, name=text, note=say("display.replaced", lang, by=period.replaced_by))
        rows[say("display.version", lang, version=period.blueprint.version)] = text
    for gap in versions.gaps:
        rows[say("display.gap", lang, after=gap.after, before=gap.before)] = say(
            "display.from_to", lang, first=gap.first, last=gap.last
        )
    if versions.left_out:
        rows[say("display.fact.left_out", lang)] = f"{len(versions.left_out):,}"
    return facts(say("display.title.versions", lang, id=versions.id), rows, lang)


def version_studies_html(studies: VersionStudies) -> str:
    """How many cases each version judges."""
    lang = shown_in()
    rows = {
        say("display.version", lang, version=version): say("display.cases", lang, n=f"{study.instances.n_cases:,}")
        for version, study in studies.studies.items()
    }
    rows[say("display.fact.uncovered", lang)] = say("display.cases", lang, n=f"{len(studies.uncovered.frame):,}")
    return facts(say("display.title.version_studies", lang, id=studies.versions.id), rows, lang)


def draft_html(draft: Draft) -> str:
    """What is left to do in a draft, and what was guessed."""
    guessed = sum(todo.guessed for todo in draft.todo)
    rows = {
        "activities": f"{len(draft.raw.get('activities', ())):,}",
        "to_do": f"{len(draft.todo) - guessed:,}",
        "guessed": f"{guessed:,}",
        "first_to_do": _joined([f"{todo.place}: {todo.what}" for todo in draft.todo[:NAMED]], "report.semicolon"),
    }
    return account("display.title.draft", rows, id=draft.raw.get("id", ""))


def improvement_html(found: Improvement) -> str:
    """What an improvement is made of; its tables are attributes."""
    lang = shown_in()
    given = [head_of(name, lang, "Given") for name, table in found.given.items() if table is not None]
    missing = [head_of(name, lang, "Given") for name, table in found.given.items() if table is None]
    rows = {
        "log": file_of(found.study.log.source.path),
        "blueprint": _blueprint(found.study.blueprint),
        "given": _joined(given) or say("display.none", lang),
        "not_given": _joined(missing),
        "bootstraps": f"{found.bootstraps:,}",
    }
    return account("display.title.improvement", rows)


def record_html(record: Record) -> str:
    """What an audit found, in numbers."""
    rows = {
        "log": file_of(record.study.log.source.path),
        "blueprint": _blueprint(record.study.blueprint),
        **_size(record.study.instances.n_cases, len(record.study.instances.case)),
        "findings": f"{len(record.ranked):,}",
        "rating": say(f"rating.value.{record.rating.value}", shown_in()),
    }
    return account("display.title.record", rows)


def monitor_html(monitor: Monitor, until: str) -> str:
    """How far a monitor has come."""
    rows = {"blueprint": _blueprint(monitor.blueprint), "rows": f"{monitor.n_rows:,}", "until": until}
    return account("display.title.monitor", rows)


def simulation_html(made: Simulation) -> str:
    """What was played."""
    faulty = len({truth.case_id for truth in made.truths})
    rows = {
        "blueprint": _blueprint(made.blueprint),
        "cases": f"{len(made.cases):,}",
        "faulty": f"{faulty:,}",
        "seed": str(made.seed),
    }
    return account("display.title.simulation", rows)


def roster_html(roster: Roster) -> str:
    """How many people have how many roles; no names of people."""
    rows = {
        "source": file_of(roster.path),
        "rows": f"{len(roster.resource):,}",
        "resources": f"{len(roster.resources):,}",
        "roles": _joined(roster.roles),
        "notes": _joined([word_of("notes", x, shown_in(), "Log") for x in roster.notes], "report.semicolon"),
    }
    return account("display.title.roster", rows)


def key_html(key: Key) -> str:
    """By what a key can be told from another; nothing of what it is."""
    return account("display.title.key", {"fingerprint": key.fingerprint})


def side_html(table: Table) -> str:
    """How much of a table beside the log was read, and how."""
    rows = {
        "source": file_of(table.path),
        "rows": f"{table.n_rows:,}",
        "rows_used": f"{len(table.frame):,}",
        "notes": _joined(table.notes, "report.semicolon"),
    }
    return account("display.title.side", rows, kind=head_of(table.kind, shown_in(), "Given"))


def flow_html(flow: DiscoveredFlow) -> str:
    """The flow as it is: in sentences, and as a map."""
    lang = shown_in()
    rows = {"found": " ".join(flow.summary(lang))}
    return account("display.title.flow", rows, below=flow.picture(lang=lang)._repr_html_())


def model_html(model: DiscoveredModel) -> str:
    """A discovered model as BPMN; in words where it cannot be drawn."""
    lang = shown_in()
    settings = [say("display.setting", lang, name=name, value=f"{x:g}") for name, x in model.parameters.items()]
    rows = {"miner": model.miner, "settings": _joined(settings), "activities": f"{len(model.activities):,}"}
    try:
        below = str(model.picture(lang=lang)._repr_html_())
    except ModelError:
        rows["words"], below = model.words(lang), ""
    return account("display.title.model", rows, below=below)


def file_of(path: Any) -> str:
    """The name of a file without its folders."""
    return PurePath(str(path)).name


def _blueprint(blueprint: Any) -> str:
    lang = shown_in()
    draft = [] if blueprint.status == "approved" else [say("display.draft", lang)]
    note = _joined([blueprint.version, *draft], "report.semicolon")
    return say("report.bracket", lang, name=blueprint.name.get(lang), note=note)


def _size(cases: int, instances: int) -> dict[str, str]:
    return {"cases": f"{cases:,}", "instances": f"{instances:,}"}


def _source(source: Any) -> dict[str, str]:
    told = say("report.bracket", shown_in(), name=file_of(source.path), note=source.format)
    return {"source": told, "sha256": source.sha256[:12]}


def _rows(lineage: Lineage, left_out: str) -> dict[str, str]:
    used = lineage.rows_in - lineage.rows_dropped
    return {"rows": f"{lineage.rows_in:,}", "rows_used": f"{used:,}", "rows_dropped": left_out}


def _left_out(log: EventLog) -> str:
    """How many rows are left out, and why."""
    from mining.readiness.rows import rows_read

    lang, n = shown_in(), f"{log.lineage.rows_dropped:,}"
    frame = rows_read(log).frame
    why = [f"{row[f'fate_{lang}']} {row['n']:,}" for row in frame[~frame["used"].astype(bool)].to_dict("records")]
    return say("report.bracket", lang, name=n, note=_joined(why, "report.semicolon")) if why else n


def _columns(columns: Mapping[str, Any]) -> str:
    lang = shown_in()
    named = [say("display.setting", lang, name=_role(role), value=name) for role, name in columns.items() if name]
    return _joined(named, "report.semicolon")


def _role(role: str) -> str:
    """What a column is read as; an attribute keeps the name that the blueprint gives it."""
    attribute = role.removeprefix("attribute ")
    lang = shown_in()
    return head_of(role, lang, "Binding") if attribute == role else say("display.attribute", lang, name=attribute)


def _counts(counts: Mapping[str, int]) -> str:
    lang = shown_in()
    told = [
        say("display.setting", lang, name=word_of("problem", kind, lang), value=f"{n:,}") for kind, n in counts.items()
    ]
    return _joined(told, "report.semicolon")


def _some(words: Any) -> str:
    """How many, and the first of them."""
    if not len(words):
        return "0"
    first = _joined([str(x) for x in list(words)[:NAMED]]) + (" …" if len(words) > NAMED else "")
    return say("report.bracket", shown_in(), name=f"{len(words):,}", note=first)


def _span(span: tuple[int, int], zone: str | None) -> str:
    """From when to when, by the clock of the zone in which the times were written; of times that name their own, UTC."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    begin, clock = datetime(1970, 1, 1, tzinfo=UTC), ZoneInfo(zone) if zone else UTC
    local = ((begin + timedelta(microseconds=int(x))).astimezone(clock) for x in span)
    first, last = (moment_words(x, seconds=False) for x in local)
    return say("display.from_to", shown_in(), first=first, last=f"{last} {zone or 'UTC'}")


def _chosen(selection: Any) -> str:
    from inspect import signature

    words = str(selection.words(shown_in()) if signature(selection.words).parameters else selection.words())
    deviating = getattr(selection, "kind", None) or getattr(selection, "activity", None)
    return say("selection.by_deviation", shown_in(), words=words) if deviating else words


def _joined(words: Any, by: str = "report.comma") -> str:
    return say(by, shown_in()).join(str(x) for x in words)
