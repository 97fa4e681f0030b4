"""The files of one cluster: making it, its settings, its socket, and who is running on it."""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from service.embedded.binaries import Binaries
from service.embedded.errors import DatabaseUnavailable
from service.embedded.identity import Identity, environment
from service.embedded.memory import available_memory, memory_settings

NAME = "huiying"
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 107
LOG_BYTES = 16 * 1024 * 1024
BUILTIN_LOCALES_SINCE = 17
PID_FILE_LINES = 8

MEMORY = "memory.conf"
TUNABLE = {
    "include_if_exists": f"'{MEMORY}'",
    "max_connections": "200",
    "wal_level": "replica",
    "fsync": "on",
    "synchronous_commit": "on",
}
"""Written into postgresql.conf when the cluster is made; an operator may change them there.

What follows from the machine's memory is written anew into a file of its own at every start; lines below the one that
includes it go before.
"""

FIXED = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
    # An error's own text may quote a value that was sent: errors are told to the client and not to the log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}
"""Given at every start: closed to the network, and no personal data in the log."""

PEOPLE_ON_THIS_MACHINE = "# Only who may enter the folder of the socket gets this far.\nlocal all all trust\n"


@dataclass(frozen=True)
class Cluster:
    """A data folder as the launcher sees it; always an absolute path without links."""

    data_dir: Path

    @property
    def folder(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        """What the server says about itself; never a statement or a value."""
        return self.data_dir / "postgres.log"

    @property
    def major(self) -> int | None:
        """The major version that made the cluster, None when there is none yet."""
        version = self.folder / "PG_VERSION"
        return int(version.read_text(encoding="ascii")) if version.exists() else None

    def create(self, binaries: Binaries, identity: Identity) -> None:
        """Makes the cluster beside its place and moves it there, so that a broken attempt is never taken for one."""
        new = self.data_dir / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        os.chown(new, *identity.owner)
        command = [binaries.program("initdb"), f"--pgdata={new}", f"--username={NAME}", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--text-search-config=simple"]
        if binaries.major >= BUILTIN_LOCALES_SINCE:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = subprocess.run(
            identity.command(self.data_dir, command), capture_output=True, text=True, check=False, env=environment()
        )
        if made.returncode != 0:
            raise DatabaseUnavailable(f"initdb failed: {_last_line(made.stderr)}")
        (new / "pg_hba.conf").write_text(PEOPLE_ON_THIS_MACHINE, encoding="ascii")
        with (new / "postgresql.conf").open("a", encoding="ascii") as configuration:
            configuration.writelines(f"{name} = {value}\n" for name, value in TUNABLE.items())
        new.rename(self.folder)
        _sync(self.data_dir)

    def fit_to_memory(self, identity: Identity) -> None:
        """Writes what follows from the memory of this machine, which may be another one than last time."""
        new = self.folder / f"{MEMORY}.new"
        lines = (f"{name} = {value}\n" for name, value in memory_settings(available_memory()).items())
        new.write_text("# Written at every start.\n" + "".join(lines), encoding="ascii")
        os.chown(new, *identity.owner)
        new.replace(self.folder / MEMORY)

    def settings(self, socket_dir: Path, more: Mapping[str, str]) -> list[str]:
        """The server's arguments; `more` are settings of the caller (tests may do without fsync)."""
        chosen = {**FIXED, "unix_socket_directories": str(socket_dir), **more}
        return [argument for name, value in chosen.items() for argument in ("-c", f"{name}={value}")]

    def socket_dir(self, identity: Identity, binaries: Binaries) -> Path:
        """A private folder for the socket: in the data folder, or in a short place where that path is too long."""
        inside = self.data_dir / "socket"
        if len(os.fsencode(inside / SOCKET)) <= SOCKET_PATH_BYTES:
            return _private(inside, identity)
        name = "huiying-" + hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        usable = len(os.fsencode(runtime / name / SOCKET)) <= SOCKET_PATH_BYTES and identity.can_run(binaries, runtime)
        return _private((runtime if usable else Path("/tmp")) / name, identity)  # noqa: S108 - made 0700 and checked

    def open_log(self) -> int:
        """A file descriptor at the end of the log; the log of last time moves aside when it has grown."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_name("postgres.log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def last_words(self) -> str:
        """The last line of the log, for the text of an error."""
        return _last_line(self.log.read_text(encoding="utf-8", errors="replace")) if self.log.exists() else "no log"

    def postmaster(self) -> "Postmaster | None":
        """What postmaster.pid says; None when no server runs, or the file came here with a copied folder."""
        try:
            lines = (self.folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        except PermissionError:
            raise DatabaseUnavailable(f"{self.folder} belongs to another user; run this command as that user") from None
        if len(lines) < PID_FILE_LINES or lines[1] != str(self.folder):
            return None
        return Postmaster(pid=int(lines[0]), socket_dir=Path(lines[4]), ready=lines[7].strip() == "ready")

    def processes(self) -> list[int]:
        """The server's processes still alive on this cluster, also those whose postmaster was killed."""
        return [pid for pid in _postgres_processes() if _working_folder(pid) == self.folder]

    def forget_dead_server(self, socket_dir: Path) -> None:
        """Removes lock files of a server whose number now belongs to some other program, or to one not yet collected.

        That happens after a restart of a container, and where nobody collects orphans soon; PostgreSQL itself
        recognises only a number that nobody has.
        """
        for path in (self.folder / "postmaster.pid", socket_dir / f"{SOCKET}.lock"):
            if not path.exists():
                continue
            pid = int(path.read_text(encoding="utf-8").split("\n", 1)[0])
            if not Path(f"/proc/{pid}").exists():
                continue
            folder = _working_folder(pid)
            if pid not in _postgres_processes() or folder not in {None, self.folder}:
                path.unlink()


@dataclass(frozen=True)
class Postmaster:
    """A server as its pid file tells of it."""

    pid: int
    socket_dir: Path
    ready: bool

    def url(self, database: str = NAME) -> str:
        """The connection URL, for psycopg, psql and other tools."""
        return f"postgresql://{NAME}@/{database}?host={quote(str(self.socket_dir), safe='')}"


def _private(folder: Path, identity: Identity) -> Path:
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, *identity.owner)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != identity.owner[0] or stat.S_IMODE(found.st_mode) != 0o700:
            raise DatabaseUnavailable(f"{folder} is not a private folder of the database's user; remove it") from None
    return folder


def _postgres_processes() -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(") ")
        except OSError:
            continue
        # A zombie runs no more, even where nobody has collected it yet.
        if "(postgres" in name and not rest.startswith("Z"):
            yield int(process.name)


def _working_folder(pid: int) -> Path | None:
    """Where a process works; None when it has gone or is not for us to see."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "no message"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
