"""A small audit file for tests of evidence: four kinds of files, all made from a log and a blueprint."""

from __future__ import annotations

import json
import zipfile

from mining.folders import write_whole
from mining.given import Given
from mining.manifest import manifest, write_manifest
from mining.study import Study
from tests.helpers import blueprint_dict, frame, traces

NAMES = ("findings.json", "checks.csv", "verdicts.parquet", "page.html", "report.docx", "manifest.json")


def put(folder, cases=("abc", "acb", "abbc", "ab", "xabc", "ac"), **changes):
    """A log and a blueprint in a folder, as what an audit is made from."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(blueprint_dict(["a", "b", "c"], "abc", **changes))
    (folder / "blueprint.yaml").write_text(text, encoding="utf-8")
    frame(traces(*cases)).to_csv(folder / "log.csv", index=False)
    return Given(str(folder / "log.csv"), folder / "blueprint.yaml")


def make(given, place, key=None, home=None, progress=None, *, spoil=None):
    """Write the audit file. ``spoil`` is called with the scratch folder before the manifest is made."""
    loaded = given.loaded()
    study = Study(loaded.log, loaded.blueprint, open_cases=given.open_cases, roster=loaded.roster)

    def write(scratch):
        record = {"findings": study.findings().to_dict()["rows"], "checks": {"rows": study.summary().to_dict()["rows"]}}
        (scratch / "findings.json").write_text(json.dumps(record, sort_keys=True, indent=1), encoding="utf-8")
        study.summary().frame.to_csv(scratch / "checks.csv", index=False, lineterminator="\n")
        study.verdicts().frame.to_parquet(scratch / "verdicts.parquet", index=False)
        (scratch / "page.html").write_text(f"<p>{study.instances.n_cases} cases</p>", encoding="utf-8")
        with zipfile.ZipFile(scratch / "report.docx", "w") as book:
            book.writestr(zipfile.ZipInfo("word/document.xml"), f"<w:t>{len(study.findings())} findings</w:t>")
        if spoil:
            spoil(scratch)
        write_manifest(manifest(study, loaded, scratch, outputs=NAMES[:-1], home=home or place), scratch)

    write_whole(place, NAMES, [path for _, path in loaded.files()], write)
    return study
