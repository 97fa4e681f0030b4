"""The wheel holds the product and nothing else, and no other distribution owns its import names."""

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points, packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]
PACKAGES = ("service", "domain", "projections")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a freshly built wheel."""
    [path] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_three_packages(wheel: set[str]) -> None:
    files = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {Path(file).suffix for file in files} >= {".py", ".sql"}
    assert {name for name in wheel if name.startswith(tuple(f"{package}/" for package in PACKAGES))} == files


def test_the_wheel_holds_nothing_else(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel} - set(PACKAGES)
    assert [top.endswith(".dist-info") for top in tops] == [True]


def test_the_wheel_may_not_be_uploaded() -> None:
    [classifier] = [line for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines() if "Private ::" in line]
    assert classifier.strip() == '"Private :: Do Not Upload",'


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_the_name(package: str) -> None:
    assert set(packages_distributions().get(package, [])) <= {"huiying"}
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


def test_the_command_line_answers() -> None:
    [command] = entry_points(group="console_scripts", name="huiying")
    assert callable(command.load())
    script = Path(sys.executable).with_name("huiying")
    answer = subprocess.run([script, "--help"], capture_output=True, text=True, check=True)
    assert "serve" in answer.stdout
