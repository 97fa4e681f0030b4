"""As whom PostgreSQL runs: it refuses to run as root, so a service started by root must become somebody else.

Three identities: the caller itself; another user (root gave the cluster to it); or, where that user cannot reach
the programs or the data folder (below /root, say), a user namespace in which root's own files belong to that user.
The owner of an existing cluster decides, so that it opens the same way ever after.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from service.embedded.binaries import Binaries
from service.embedded.errors import DatabaseUnavailable

UNPRIVILEGED_USERS = ("huiying", "nobody")
CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Identity:
    """Who runs the server, in the form that `child.py` takes."""

    kind: Literal["self", "user", "namespace"]
    uid: int
    gid: int

    @property
    def owner(self) -> tuple[int, int]:
        """Uid and gid that the server's files have, seen from outside."""
        return (self.uid, self.gid) if self.kind == "user" else (os.geteuid(), os.getegid())

    def command(self, folder: Path, program: Sequence[str]) -> list[str]:
        """The command line that runs `program` in `folder` under this identity, for as long as this process lives."""
        who = f"{self.kind}:{self.uid}:{self.gid}"
        return [sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), who, str(folder), *program]

    def can_run(self, binaries: Binaries, folder: Path) -> bool:
        """Whether this identity reaches both the programs and the folder."""
        probe = self.command(folder, [binaries.program("postgres"), "--version"])
        return subprocess.run(probe, capture_output=True, check=False, env=environment()).returncode == 0


def choose(binaries: Binaries, data_dir: Path, cluster: Path) -> Identity:
    """The identity for a cluster that exists or is to be made in `data_dir`.

    Raises `DatabaseUnavailable` when nobody who may run PostgreSQL can reach programs and data.
    """
    if os.geteuid() != 0:
        if cluster.exists() and cluster.stat().st_uid != os.geteuid():
            raise DatabaseUnavailable(f"{cluster} belongs to another user; run this command as that user")
        return Identity("self", os.geteuid(), os.getegid())
    for identity in _candidates(cluster):
        if identity.can_run(binaries, data_dir):
            return identity
    raise DatabaseUnavailable(
        f"PostgreSQL does not run as root, and no other user can reach both {binaries.folder} and {data_dir}; "
        "run this command as an ordinary user, or put both where the user `nobody` may enter"
    )


def environment() -> dict[str, str]:
    """What the programs of PostgreSQL see: none of the caller's PG* settings, messages in one language."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _candidates(cluster: Path) -> list[Identity]:
    user = _unprivileged()
    namespace = Identity("namespace", user.pw_uid, user.pw_gid)
    if not cluster.exists():
        return [Identity("user", user.pw_uid, user.pw_gid), namespace]
    owner = cluster.stat()
    return [Identity("user", owner.st_uid, owner.st_gid)] if owner.st_uid != 0 else [namespace]


def _unprivileged() -> pwd.struct_passwd:
    for name in UNPRIVILEGED_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise DatabaseUnavailable(f"PostgreSQL does not run as root; create one of the users {UNPRIVILEGED_USERS}")
