"""One set of packages, written in three files that must agree."""

import re
import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DECLARED = [Requirement(x) for x in PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]]
BY_NAME = {canonicalize_name(r.name): r for r in DECLARED}


def conda():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    pip = next(x["pip"] for x in entries if isinstance(x, dict))
    plain = [x for x in entries if isinstance(x, str) and x != "pip"]
    return plain, [x for x in pip if not x.startswith("-")], pip


def test_environment_yml_has_the_packages_and_bounds_of_pyproject():
    plain, pip, _ = conda()
    found = {canonicalize_name(r.name): r for r in map(Requirement, plain + pip)}
    python = found.pop("python")
    assert str(python.specifier) == str(Requirement(f"python{PROJECT['project']['requires-python']}").specifier)
    assert {n: str(r.specifier) for n, r in found.items()} == {n: str(r.specifier) for n, r in BY_NAME.items()}


def test_the_packages_fixed_by_the_design_are_conda_packages_where_they_can_be():
    plain, pip, _ = conda()
    names = {canonicalize_name(Requirement(x).name) for x in plain}
    assert {"pandas", "jupyterlab", "seaborn", "pytest"} <= names
    assert "pm4py" in {canonicalize_name(Requirement(x).name) for x in pip}


def test_the_project_itself_is_installed():
    assert "-e ." in conda()[2]


def test_every_pin_of_the_lock_satisfies_its_bounds():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", lock, re.M)
    versions = {}
    for name, version in pins:
        versions.setdefault(canonicalize_name(name), []).append(version)
    for name, requirement in BY_NAME.items():
        assert name in versions, f"{name} is not locked: make lock"
        assert all(requirement.specifier.contains(v, prereleases=True) for v in versions[name]), name
    assert lock.count("--hash=sha256:") > len(pins)


def test_the_lock_of_spark_satisfies_its_bounds():
    (spark,) = map(Requirement, PROJECT["project"]["optional-dependencies"]["spark"])
    pins = dict(
        re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", (ROOT / "requirements-spark.lock").read_text("utf-8"), re.M)
    )
    assert spark.specifier.contains(pins["pyspark"])


def test_what_is_an_extra_is_tested():
    (postgres,) = map(Requirement, PROJECT["project"]["optional-dependencies"]["postgres"])
    assert str(BY_NAME["psycopg"]) == str(postgres)
