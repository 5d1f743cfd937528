"""The rules of ARCHITECTURE.md, read from it and checked."""

import ast
import re
import subprocess
import sys

import pytest

from tests.helpers import ROOT

TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
PACKAGE = ROOT / "mining"
FILES = sorted(PACKAGE.rglob("*.py"))


def table(title):
    """Rows of the first table after a heading."""
    lines = TEXT.split(f"## {title}", 1)[1].split("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[2:]


RANK = {
    name: rank for rank, row in enumerate(table("Modules, lowest first")) for name in re.findall(r"`(\w+)`", row[1])
}
HOMES = {
    library.strip(): set(re.findall(r"`(\w+)`", row[1]))
    for row in table("Libraries have homes")
    for library in row[0].split(",")
}
ENTRY = {"__init__", "__main__"}


def module_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """(name, inside a function or TYPE_CHECKING block) of every import."""
    tree = ast.parse(path.read_text("utf-8"))
    late = {id(x) for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.If)) for x in ast.walk(node)}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield name, id(node) in late


def test_every_module_has_a_line_and_every_line_a_module():
    assert {module_of(path) for path in FILES} - ENTRY == set(RANK)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_up_and_libraries_stay_at_home(path):
    me = module_of(path)
    for name, late in imported(path):
        top, _, rest = name.partition(".")
        if top in HOMES:
            assert me in HOMES[top], f"{me} imports {top}; its home is {HOMES[top]}"
        other = rest.partition(".")[0]
        if top == "mining" and me in RANK and other in RANK and not late:
            assert RANK[other] <= RANK[me], f"{me} imports {other}, which is above it"


@pytest.mark.slow
def test_pm4py_is_imported_inside_functions_only():
    for path in FILES:
        assert not [name for name, late in imported(path) if name.partition(".")[0] == "pm4py" and not late]


def test_the_simulator_knows_nothing_of_the_checks():
    for path in (PACKAGE / "simulation").rglob("*.py"):
        used = {name.split(".")[1] for name, _ in imported(path) if name.startswith("mining.")}
        assert used <= {"simulation", "blueprint", "automaton", "nets", "binding", "errors", "units"}


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_importing_mining_loads_no_heavy_library():
    heavy = sorted({*HOMES, "numpy", "pandas", "scipy"})
    assert run(f"import sys, mining; print(sorted(set({heavy!r}) & set(sys.modules)))") == "[]"


def test_the_public_names_are_there_and_documented():
    assert run("import mining; print([n for n in mining.__all__ if not getattr(mining, n).__doc__])") == "[]"


def test_an_unknown_public_name_says_what_there_is():
    with pytest.raises(AttributeError, match="mining has no 'red_log'. It has: Blueprint"):
        _ = __import__("mining").red_log


def test_no_file_is_long():
    long = {str(path.relative_to(ROOT)): n for path in FILES if (n := len(path.read_text("utf-8").splitlines())) > 500}
    assert long == {}


def test_no_file_names_a_machine_or_a_package_index():
    parts = [
        r"(?<![\w.])/(?:work|root|tm" + "p)/",
        "index" + "-url",
        "find" + "-links",
        r"pyp" + r"i\.org",
        r"python" + "hosted",
    ]
    wrong = re.compile("|".join(parts))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".csv", ".png"} or not path.is_file():
            continue
        assert not wrong.search(path.read_text("utf-8")), name
