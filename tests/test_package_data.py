"""What is not Python goes into the package all the same."""

import tomllib

from tests.helpers import ROOT


def test_every_file_of_the_package_is_named_by_its_globs():
    globs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]["mining"]
    package = ROOT / "mining"
    made = (".py", ".pyc", ".nbi", ".nbc")
    files = [path for path in package.rglob("*") if path.is_file() and path.suffix not in made]
    there = {path for path in files if not any(x.startswith(".") for x in path.relative_to(package).parts)}
    shipped = {path: glob for glob in globs for path in package.glob(glob)}
    assert sorted(there - set(shipped)) == []
    assert sorted(set(globs) - set(shipped.values())) == [], "names no file"
    assert package / "display" / "sorting.js" in there
