"""The follow-up of an audit, written down: its findings measured again on another log. Everything is written, or nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mining.errors import MiningError, UnknownNameError
from mining.folders import admit, write_whole
from mining.given import Given, Progress, silent
from mining.manifest import NAME, manifest, write_manifest
from mining.plan.cells import line_of
from mining.record.earlier import Earlier, Remeasured, read_earlier, remeasured
from mining.results import plain
from mining.sampling.sample import cell_text
from mining.study import Study
from mining.texts import LANGUAGES, file_name, say

if TYPE_CHECKING:
    from mining.privacy import Key

PAGE = "followup.html"
FILES = ("followup.json", "followup.csv", PAGE, NAME)
KEPT = (
    "binding",
    "roster",
    "part",
    "day_first",
    "open_cases",
    "clear_names",
)  # settings that are those of the earlier audit
MARK = b"\xef\xbb\xbf"  # without it a spreadsheet in China reads UTF-8 as GBK


@dataclass(frozen=True)
class WrittenFollowUp:
    """What was written.

    Attributes
    ----------
    folder : Path
    remeasured : Remeasured
    study : Study
        Of the new log.
    """

    folder: Path
    remeasured: Remeasured
    study: Study

    @property
    def page(self) -> Path:
        """The page, to be opened in a browser."""
        return self.folder / PAGE


def followup(
    earlier: str | Path,
    log: str | Path,
    out: str | Path,
    *,
    blueprint: str | Path | None = None,
    lang: str = "en",
    key: Key | None = None,
    progress: Progress = silent,
    **settings: Any,
) -> WrittenFollowUp:
    """Measure the findings of an earlier audit again on another log, and write what became of them.

    Parameters
    ----------
    earlier : str or Path
        Folder that an audit wrote.
    log : str or Path
        The new log: file, folder, store, or address of a database.
    out : str or Path
        Folder for ``followup.html``, ``followup.json``, ``followup.csv`` and ``manifest.json``.
    blueprint : str or Path, optional
        That of the earlier audit where not given.
    lang : {"en", "zh"}
    key : Key, optional
        Of the pseudonyms of the earlier audit, so that cases in both logs can be told.
    progress : callable
    settings
        Further fields of :class:`mining.given.Given` (``binding``, ``roster``, ``part``, ``day_first``, ``open_cases``); those of the
        earlier audit where not given.

    Raises
    ------
    MiningError
        If the folder holds no audit, or its files were changed; the blueprint is not to be found; the log cannot answer; the folder cannot
        be written.
    """
    given = given_of(read_earlier(earlier), log, blueprint=blueprint, lang=lang, **settings)
    return followup_given(given, Path(out), key=key, progress=progress)


def given_of(
    earlier: Earlier, log: str | Path, *, blueprint: str | Path | None = None, lang: str = "en", **settings: Any
) -> Given:
    """What a follow-up is made from: the new log, and what the earlier audit was made with where nothing else is said."""
    old = None
    if (record := earlier.manifest.get("given")) is not None:
        old = Given.from_dict(record, earlier.folder)
    if blueprint is None and old is None:
        raise MiningError(
            f"{earlier.folder}: an older audit, which does not say where its blueprint lies. Name it: -b BLUEPRINT."
        )
    norm = (Path(blueprint),) if blueprint is not None else _found(old.blueprint if old else (), earlier.folder)
    kept = {} if old is None else {name: getattr(old, name) for name in KEPT}
    for name in ("binding", "roster"):
        if kept.get(name) is not None and settings.get(name) is None and not kept[name].exists():
            raise MiningError(
                f"{kept[name]}: the {name} of the earlier audit is no longer there. Name it: --{name} FILE."
            )
    said = {name: value for name, value in settings.items() if value is not None}
    if not said.get("part") and kept.get("part") and Path(log).suffix != Path(old.log if old else "").suffix:
        kept["part"] = {}  # how a file of another kind was read says nothing of this one
    clear = earlier.fingerprint is None
    return Given(
        str(log), norm, earlier=earlier.folder, lang=lang, draft_ok=True, **(kept | {"clear_names": clear} | said)
    )


def _found(paths: tuple[Path, ...], folder: Path) -> tuple[Path, ...]:
    """The blueprint of the earlier audit, of several versions the last."""
    if not paths[-1].exists():
        raise MiningError(f"{folder}: its blueprint {paths[-1].name} is no longer where it was. Name it: -b BLUEPRINT.")
    return paths[-1:]


def followup_given(
    given: Given, out: Path, *, key: Key | None = None, home: Path | None = None, progress: Progress = silent
) -> WrittenFollowUp:
    """As :func:`followup`, of what :func:`given_of` gave; ``home`` is the folder that the files are going to lie in, else ``out``."""
    from mining.audit_record import private_inputs
    from mining.verify import key_at

    if given.lang not in LANGUAGES:
        raise UnknownNameError("language", given.lang, LANGUAGES)
    if given.earlier is None:
        raise MiningError("no earlier audit is given: there is nothing to follow up.")
    earlier = read_earlier(given.earlier)
    loaded = given.loaded(progress)
    inputs = [path for _, path in loaded.files()]
    admit(out, FILES, inputs)
    if key is None and not given.clear_names and earlier.fingerprint is not None:
        key = key_at(None, earlier.fingerprint, out)
    private, privacy = private_inputs(loaded, out, key)
    study = Study(private.log, private.blueprint, open_cases=given.open_cases, roster=private.roster)
    progress("judging the new log")
    _ = study.checks
    progress("measuring the earlier findings again")
    found = remeasured(earlier, study, fingerprint=privacy.fingerprint)
    page = _page(found, study, given.lang)

    def write(scratch: Path) -> None:
        text = json.dumps(
            plain(found.to_dict()), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False, default=str
        )
        (scratch / FILES[0]).write_text(text + "\n", encoding="utf-8", newline="\n")
        (scratch / FILES[1]).write_bytes(_csv(found))
        (scratch / PAGE).write_text(page, encoding="utf-8", newline="\n")
        record = manifest(
            study, private, scratch, outputs=FILES[:-1], home=home or out, made_by="followup", privacy=privacy.to_dict()
        )
        write_manifest(record, scratch)

    progress("writing the page")
    write_whole(out, FILES, inputs, write)
    return WrittenFollowUp(out, found, study)


def _csv(found: Remeasured) -> bytes:
    """The table, then the new findings, which have no numbers of then. Texts that a spreadsheet could take for formulas are guarded."""
    columns = list(Remeasured.columns)
    lines = [line_of(columns)]
    for row in found.to_frame().astype(object).to_dict("records"):
        lines.append(line_of(cell_text(plain(row[name])) for name in columns))
    same = {
        "finding_id": "finding_id",
        "title_en": "title_en",
        "title_zh": "title_zh",
        "priority": "priority",
        "n_now": "n",
    }
    same |= {"judged_now": "judged", "rate_now": "rate", "low_now": "low", "high_now": "high"}
    for row in found.fresh.astype(object).to_dict("records"):
        values = {name: row[key] for name, key in same.items()} | {"verdict": "new"}
        lines.append(line_of(cell_text(plain(values.get(name, np.nan))) for name in columns))
    return MARK + "".join(lines).encode("utf-8", "replace")


def _page(found: Remeasured, study: Study, lang: str) -> str:
    from mining.report.document import Document, Fact
    from mining.report.earlier import remeasured_section
    from mining.report.formats import writer_of
    from mining.report.page import render_page

    w, norm, source = writer_of(study, lang), study.blueprint, study.log.source
    section = remeasured_section(found, w)
    first, last = (str(np.datetime64(t, "us"))[:10] for t in study.log.span)
    now = [
        Fact(
            w.say("earlier.fact_log_now"),
            (
                w.say("report.hash", file=file_name(source.path), hash=source.sha256[:12]),
                w.say("earlier.span", first=first, last=last),
            ),
        ),
        Fact(
            w.say("earlier.fact_blueprint_now"),
            (w.say("earlier.version", id=norm.id, version=norm.version, hash=norm.sha256[:12]),),
        ),
    ]
    warning = "" if norm.status == "approved" else w.say("earlier.draft")
    return render_page(
        Document(
            kind=w.say("earlier.kind"),
            name=norm.name.get(lang),
            lang=lang,
            facts=[*section.facts, *now],
            sections=[replace(section, title=w.say("earlier.title"), facts=())],
            warning=warning,
            footer=say("earlier.footer", lang, log=file_name(source.path), hash=source.sha256[:12]),
        )
    )
