"""Property tests repeat themselves; examples in docstrings may use a study, and a folder with one log in three formats.

Of a test marked ``few_quick(n)`` only n cases, from the first to the last, run in ``make check``; ``make test`` runs all.
"""

import gc
import gzip
import os
import sys

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # two workers share the cores; read when NumPy is loaded

import pandas as pd  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests.examples import examples as share_of  # noqa: E402

os.environ["MINING_KEY"] = (
    "6b65792074686174206f6e6c7920746573747320757365"  # no test makes a key in the home of who runs it
)

settings.register_profile("fixed", derandomize=True, database=None, max_examples=share_of(100))  # the same on every run
settings.register_profile("fuzz", print_blob=True, max_examples=share_of(100))  # make fuzz: others each time
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

EVENTS = [("1", "Order", "2026-03-02 09:00"), ("1", "Pay", "2026-03-02 10:00"), ("2", "Order", "2026-03-03 09:00")]


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path):
    """Look for examples in the docstrings of files that have any."""
    found = yield
    if file_path.suffix == ".py" and ">>>" not in file_path.read_text("utf-8"):
        return [x for x in found if type(x).__name__ != "DoctestModule"]
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark as slow all cases but n, evenly spread, of each test marked ``few_quick(n)``."""
    cases_of = {}
    for item in items:
        if item.get_closest_marker("few_quick"):
            cases_of.setdefault(item.nodeid.split("[")[0], []).append(item)
    for cases in cases_of.values():
        (n,) = cases[0].get_closest_marker("few_quick").args
        quick = {round(i * (len(cases) - 1) / max(n - 1, 1)) for i in range(n)}
        for i, item in enumerate(cases):
            if i not in quick:
                item.add_marker(pytest.mark.slow)


def pytest_collection():
    """Modules and tests stay: the garbage collector need not look at them again and again, now or later."""
    gc.disable()


def pytest_collection_finish():
    """See above."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_unconfigure():
    """At the end everything goes."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _no_figure_left_open():
    """Pyplot warns of too many open figures, and a warning is an error: in whichever test happened to open the last one."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


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
