"""The wheel holds the product and nothing else, and no other distribution owns its import names."""

import os
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
def wheel_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly built wheel."""
    [path] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return Path(path)


@pytest.fixture(scope="module")
def wheel(wheel_file: Path) -> set[str]:
    """Names of the files in it."""
    with zipfile.ZipFile(wheel_file) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_three_packages(wheel: set[str]) -> None:
    files = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {Path(file).suffix for file in files} >= {".py", ".sql"}
    packaged = {name for name in wheel if name.startswith(tuple(f"{package}/" for package in PACKAGES))}
    assert {name for name in packaged if not name.startswith("service/samples/")} == files


def test_the_wheel_holds_the_samples(wheel: set[str]) -> None:
    samples = {path.name for path in (ROOT / "ops" / "samples").iterdir()}
    assert samples >= {"rulebook.toml", "demo.toml", "demo-petitions.toml", "replies.toml"}
    assert {name for name in wheel if name.startswith("service/samples/")} == {f"service/samples/{s}" for s in samples}


def test_an_installed_service_finds_the_samples(wheel_file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel_file) as archive:
        archive.extractall(tmp_path)
    code = "import service.administration as one; print(one.__file__); print(one.sample('demo.toml'))"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    where, _, text = done.stdout.partition("\n")
    assert Path(where).is_relative_to(tmp_path)
    assert text.strip() == (ROOT / "ops" / "samples" / "demo.toml").read_text("utf-8").strip()


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
