"""The shape of the repository: layers, sizes, and what no file may say."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOLDERS = ("domain", "projections", "service", "tests", "ops", ".ci")
LONGEST = 400
THIRD_PARTY_IN_DOMAIN = {"eventsourcing", "pydantic", "holidays"}
LOCKS = ("requirements.txt", "requirements-dev.txt")

# Put together here, so that this file does not say them either.
REGISTRIES = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "yarnpkg" + ".com"]
REGISTRIES += ["crates" + ".io", "debian" + ".org/debian", "unpkg" + ".com", "jsdelivr" + ".net"]
REGISTRY = re.compile("|".join(map(re.escape, REGISTRIES)), re.IGNORECASE)
OWN_MACHINE = re.compile(
    r"(?<![\w.])/(?:home|Users|root|work|workspace|tmp)/\w|\b[A-Z]:\\(?:Users|Work)\b", re.IGNORECASE
)


def texts() -> Iterator[Path]:
    """Every text file of the repository."""
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]  # a worktree's own pointer
    found += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in found:
        if "__pycache__" not in path.parts and b"\0" not in path.read_bytes()[:4096]:
            yield path


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def told(paths: Iterator[Path], pattern: re.Pattern[str]) -> list[str]:
    """Where the pattern stands, as `file:line`."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def imported(path: Path) -> set[str]:
    """Top-level names of what a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.partition(".")[0])
    return names


def pinned(lock: str) -> dict[str, str]:
    """Each pinned distribution of a lock file with the text up to the next one."""
    parts = re.split(r"(?m)^([A-Za-z0-9][\w.-]*)==", (ROOT / lock).read_text(encoding="utf-8"))
    return {canonicalize_name(name): rest for name, rest in zip(parts[1::2], parts[2::2], strict=True)}


def test_imports_point_one_way() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_the_domain_uses_few_libraries() -> None:
    foreign = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources("domain")
        for name in imported(path) - THIRD_PARTY_IN_DOMAIN - {"domain"} - sys.stdlib_module_names
    }
    assert not foreign


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*FOLDERS)}
    assert lengths
    assert not {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines >= LONGEST}


def test_no_file_names_a_package_registry() -> None:
    assert not told(texts(), REGISTRY)


def test_no_file_names_a_place_on_a_developers_machine() -> None:
    assert not told(texts(), OWN_MACHINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_hashes_and_no_address(lock: str) -> None:
    pins = pinned(lock)
    assert pins
    assert not [name for name, rest in pins.items() if "--hash=sha256:" not in rest]
    assert not re.search(r"://|--(?:extra-)?index|--find-links|--trusted-host", (ROOT / lock).read_text("utf-8"))


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_cover_what_the_project_declares(lock: str) -> None:
    extra = "dev" if lock == "requirements-dev.txt" else ""
    declared = [Requirement(line) for line in requires("huiying") or []]
    needed = [need for need in declared if need.marker is None or need.marker.evaluate({"extra": extra})]
    pins = pinned(lock)
    versions = {need: pins.get(canonicalize_name(need.name), "").split(" ")[0] for need in needed}
    assert versions
    assert not [str(need) for need, version in versions.items() if not version or version not in need.specifier]


def test_both_locks_pin_the_same_versions() -> None:
    runtime, development = (pinned(lock) for lock in LOCKS)
    assert not {name for name, rest in runtime.items() if rest.split()[0] != development[name].split()[0]}
