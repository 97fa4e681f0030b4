"""The embedded PostgreSQL: it starts on an empty folder, keeps what it was told, and leaves nothing running."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from service.embedded import DatabaseUnavailable, RunningPostgres, database, find_running, server, start
from service.embedded.cluster import Cluster

OWNER = """
import sys, time
from pathlib import Path
from service.embedded import start
print(start(Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""
GUEST = """
import sys
from pathlib import Path
import psycopg
from service.embedded import database
with database(Path(sys.argv[1])) as url, psycopg.connect(url) as connection:
    connection.execute("INSERT INTO letter VALUES (%s)", [sys.argv[2]])
    print(url, flush=True)
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to see that PostgreSQL does not run as root")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that everybody may pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="huiying-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


def write(url: str, letter: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS letter (text text PRIMARY KEY)")
        connection.execute("INSERT INTO letter VALUES (%s)", [letter])


def letters(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM letter ORDER BY text")]


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def run(script: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited a minute in vain"
        time.sleep(0.01)


def server_of(data_dir: Path) -> list[int]:
    return Cluster(data_dir).processes()


def kill_with_its_owner(data_dir: Path) -> int:
    """Kills a process that owns a server, and gives the server's process id."""
    owner = run(OWNER, str(data_dir))
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert pid in server_of(data_dir)
    owner.kill()
    owner.communicate()
    return pid


def test_an_empty_folder_becomes_a_database(data_dir: Path) -> None:
    with start(data_dir) as postgres:
        assert setting(postgres.url, "server_encoding") == "UTF8"
        assert setting(postgres.url, "fsync") == "on"
        assert setting(postgres.url, "synchronous_commit") == "on"
        with psycopg.connect(postgres.url) as connection:
            chinese = connection.execute(
                "SELECT datctype, '回应' ~ '^[[:alpha:]]+$' FROM pg_database WHERE datname = current_database()"
            ).fetchone()
        assert chinese == ("C.UTF-8", True)
    assert not server_of(data_dir)


def test_the_network_cannot_reach_it(data_dir: Path) -> None:
    with start(data_dir) as postgres:
        assert not setting(postgres.url, "listen_addresses")
        socket_dir = Path(setting(postgres.url, "unix_socket_directories"))
        assert socket_dir.stat().st_mode & 0o077 == 0
        assert (data_dir / "postgres").stat().st_mode & 0o077 == 0


def test_a_restart_keeps_everything(data_dir: Path) -> None:
    with start(data_dir) as postgres:
        write(postgres.url, "第一封")
    with start(data_dir) as postgres:
        assert letters(postgres.url) == ["第一封"]


def test_another_process_finds_the_running_server(data_dir: Path) -> None:
    assert find_running(data_dir) is None
    with start(data_dir) as postgres:
        write(postgres.url, "来信")
        assert find_running(data_dir) == postgres.url
        said, _ = run(GUEST, str(data_dir), "来访").communicate()
        assert said.strip() == postgres.url
        assert postgres.alive
        assert letters(postgres.url) == ["来信", "来访"]
    assert find_running(data_dir) is None


def test_a_command_starts_a_server_for_itself(data_dir: Path) -> None:
    with database(data_dir) as url:
        write(url, "来电")
    assert not server_of(data_dir)
    with database(data_dir) as url:
        assert letters(url) == ["来电"]


def test_commands_at_the_same_time_share_one_server(data_dir: Path) -> None:
    with database(data_dir) as url:
        write(url, "0")
    guests = [run(GUEST, str(data_dir), str(number)) for number in range(1, 4)]
    for guest in guests:
        guest.communicate()
    assert [guest.returncode for guest in guests] == [0, 0, 0]
    with database(data_dir) as url:
        assert letters(url) == ["0", "1", "2", "3"]


def test_the_starter_waits_for_its_guests(data_dir: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        with database(data_dir) as url:
            guest = other.submit(_stay, data_dir, url)
            until((data_dir / "using.lock").exists)
        assert guest.result() == [1]


def _stay(data_dir: Path, expected: str) -> list[int]:
    with database(data_dir) as url:
        assert url == expected
        with psycopg.connect(url) as connection:
            return [number for (number,) in connection.execute("SELECT 1 FROM pg_sleep(0.3)")]


def test_a_second_owner_is_refused(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 0.1)
    with start(data_dir) as postgres:
        with pytest.raises(DatabaseUnavailable, match="another process serves"):
            start(data_dir)
        assert postgres.alive


def test_a_thread_that_ends_does_not_take_the_server_along(data_dir: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        postgres = other.submit(start, data_dir).result()
    with postgres:
        write(postgres.url, "来件")
        assert letters(postgres.url) == ["来件"]


def test_a_killed_owner_leaves_no_server(data_dir: Path) -> None:
    kill_with_its_owner(data_dir)
    until(lambda: not server_of(data_dir))
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_a_start_right_after_the_kill_waits_for_the_old_server(data_dir: Path) -> None:
    pid = kill_with_its_owner(data_dir)
    with start(data_dir) as postgres:
        assert postgres.pid != pid
        write(postgres.url, "网上信访")


def test_acknowledged_writes_survive_the_kill_of_the_server(data_dir: Path) -> None:
    with start(data_dir) as postgres:
        write(postgres.url, "已收")
        os.kill(postgres.pid, signal.SIGKILL)
        until(lambda: not postgres.alive)
        assert find_running(data_dir) is None
    with start(data_dir) as postgres:
        assert letters(postgres.url) == ["已收"]


def test_a_pid_that_now_belongs_to_another_program_does_not_hinder(data_dir: Path) -> None:
    with start(data_dir) as postgres:
        write(postgres.url, "已收")
        files = (data_dir / "postgres" / "postmaster.pid", data_dir / "socket" / ".s.PGSQL.5432.lock")
        pid_files = {file: file.read_text() for file in files}
        os.kill(postgres.pid, signal.SIGKILL)
        until(lambda: not postgres.alive)
    with subprocess.Popen(["sleep", "600"]) as stranger:
        for file, text in pid_files.items():
            stale = text.split("\n", 1)[1]
            file.write_text(f"{stranger.pid}\n{stale}")
        with start(data_dir) as postgres:
            assert letters(postgres.url) == ["已收"]
        stranger.kill()


def test_a_copied_folder_is_not_taken_for_the_running_one(data_dir: Path) -> None:
    with start(data_dir):
        copy = data_dir.with_name("copy")
        (copy / "postgres").mkdir(parents=True)
        pid_file = (data_dir / "postgres" / "postmaster.pid").read_text()
        (copy / "postgres" / "postmaster.pid").write_text(pid_file)
        assert find_running(copy) is None


def test_a_path_too_long_for_a_socket(data_dir: Path) -> None:
    long = data_dir / ("信" * 40)
    with start(long) as postgres:
        write(postgres.url, "来信")
        assert find_running(long) == postgres.url
        socket_dir = Path(setting(postgres.url, "unix_socket_directories"))
        assert not socket_dir.is_relative_to(data_dir)
        assert socket_dir.stat().st_mode & 0o077 == 0
    with start(long) as postgres:
        assert letters(postgres.url) == ["来信"]
    socket_dir.rmdir()


def test_a_broken_first_attempt_is_swept_away(data_dir: Path) -> None:
    (data_dir / "postgres.new").mkdir(parents=True)
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18\n")
    with start(data_dir) as postgres:
        write(postgres.url, "来信")
    assert not (data_dir / "postgres.new").exists()


def test_a_cluster_of_a_version_that_is_not_here(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseUnavailable, match="made by PostgreSQL 9"):
        start(data_dir)


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="no_such_setting"):
        start(data_dir, settings={"no_such_setting": "1"})
    assert not server_of(data_dir)


def test_a_data_folder_that_cannot_be_made(data_dir: Path) -> None:
    data_dir.write_text("a file")
    with pytest.raises(DatabaseUnavailable, match="cannot be made"):
        start(data_dir)


def test_values_of_failed_statements_stay_out_of_the_log(data_dir: Path) -> None:
    with start(data_dir) as postgres:
        write(postgres.url, "王小明13900000000")
        with pytest.raises(psycopg.errors.UniqueViolation):
            write(postgres.url, "王小明13900000000")
        with psycopg.connect(postgres.url) as connection, pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT CAST('王小明' AS integer)")
        with psycopg.connect(postgres.url) as connection, pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT '王小明' FROM nowhere")
    log = (data_dir / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "王小明" not in log


@as_root
def test_started_by_root_it_runs_as_an_ordinary_user(data_dir: Path) -> None:
    with start(data_dir) as postgres:
        assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0
        assert (data_dir / "postgres").stat().st_uid != 0
        assert data_dir.stat().st_uid == 0


@as_root
def test_started_by_root_below_a_private_folder(data_dir: Path) -> None:
    data_dir.parent.chmod(0o700)
    probe = subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("this machine allows no user namespaces")
    with start(data_dir) as postgres:
        write(postgres.url, "来信")
        assert _own_namespace(postgres)
    assert data_dir.parent.stat().st_mode & 0o777 == 0o700
    with start(data_dir) as postgres:
        assert letters(postgres.url) == ["来信"]
    kill_with_its_owner(data_dir)
    until(lambda: not server_of(data_dir))


def _own_namespace(postgres: RunningPostgres) -> bool:
    theirs, ours = Path(f"/proc/{postgres.pid}/ns/user"), Path("/proc/self/ns/user")
    return theirs.readlink() != ours.readlink()
