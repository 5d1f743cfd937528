"""Draws the pictures of the README from a sample service: ``python -m docs.pictures``."""

from pathlib import Path

import mining
from mining.plots import to_svg

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "sample_logs" / "outpatient_visit"


def main() -> None:
    """Write blueprint.svg and findings.svg beside this file."""
    blueprint = mining.read_blueprint(SAMPLE / "blueprint.yaml")
    study = mining.Study(mining.read_log(SAMPLE / "log.csv", columns=blueprint.binding), blueprint)
    study.plot().save(HERE / "blueprint.svg")
    (HERE / "findings.svg").write_text(to_svg(study.findings().plot(top=8)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
