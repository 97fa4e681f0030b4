"""Turns a fresh process into a program of PostgreSQL; run as a script, out of reach of the service's packages.

    python -I -S child.py PARENT IDENTITY FOLDER PROGRAM [ARGUMENT...]

It gives up root (IDENTITY, see `service.embedded.identity`), asks the kernel for SIGINT (PostgreSQL's fast shutdown)
when the parent dies, enters FOLDER, and becomes PROGRAM. A fresh process, because none of this is safe between
fork and exec of a process with threads. Everything is imported beforehand: afterwards the interpreter's own
files may be out of reach.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000


def main(parent: int, identity: str, folder: str, command: list[str]) -> None:
    """Never returns: becomes `command`, or exits because the parent has gone meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    kind, _, ids = identity.partition(":")
    if kind != "self":
        uid, gid = (int(number) for number in ids.split(":"))
        os.setgroups([])
        if kind == "namespace":
            outer_uid, outer_gid = os.getuid(), os.getgid()
            _check(libc.unshare(CLONE_NEWUSER))
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1", encoding="ascii")
        else:
            os.setgid(gid)
            os.setuid(uid)
    # Changing user clears the death signal, so it is asked for afterwards.
    die_with(parent, signal.SIGINT)
    os.chdir(folder)
    os.execv(command[0], command)  # noqa: S606 - becoming another program is its purpose


def die_with(parent: int, number: signal.Signals) -> None:
    """Get this signal when the parent dies; ends at once where it is dead already."""
    _check(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0))
    if os.getppid() != parent:
        sys.exit(0)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
