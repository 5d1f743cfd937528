"""Property tests repeat themselves; examples in docstrings may use a study, and a folder with one log in three formats."""

import gzip
import os

import pandas as pd
import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, database=None)  # the same examples on every run
settings.register_profile("fuzz", print_blob=True)  # others each time: make fuzz
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

EVENTS = [("1", "Order", "2026-03-02 09:00"), ("1", "Pay", "2026-03-02 10:00"), ("2", "Order", "2026-03-03 09:00")]


@pytest.fixture(scope="session")
def examples(tmp_path_factory):
    """orders.csv, orders.parquet, orders.xlsx and orders.xes.gz: three events of two cases."""
    folder = tmp_path_factory.mktemp("examples")
    table = pd.DataFrame(EVENTS, columns=["case_id", "activity", "timestamp"])
    table.to_csv(folder / "orders.csv", index=False)
    table.to_parquet(folder / "orders.parquet")
    table.to_excel(folder / "orders.xlsx", sheet_name="Orders", index=False)
    event = '<event><string key="concept:name" value="{}"/><date key="time:timestamp" value="{}:00Z"/></event>'
    cases = {case: "".join(event.format(a, t.replace(" ", "T")) for c, a, t in EVENTS if c == case) for case in "12"}
    traces = "".join(f'<trace><string key="concept:name" value="{c}"/>{events}</trace>' for c, events in cases.items())
    with gzip.open(folder / "orders.xes.gz", "wt", encoding="utf-8") as file:
        file.write(f"<log>{traces}</log>")
    return folder


@pytest.fixture(scope="session")
def study():
    """A sample service, studied."""
    import mining

    blueprint = mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    return mining.Study(mining.read_log("sample_logs/permit_receipt/log.csv", columns=blueprint.binding), blueprint)


@pytest.fixture(autouse=True)
def _names_of_examples(request, doctest_namespace):
    if request.node.__class__.__name__ == "DoctestItem":
        for name in ("examples", "study"):
            if name in request.node.dtest.docstring:
                doctest_namespace[name] = request.getfixturevalue(name)
