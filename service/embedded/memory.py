"""How much memory the server may use: settings that follow from the machine, or from the container's limit.

A quarter of it goes to the server's own cache, as PostgreSQL's documentation advises, the rest is the system's and the
other processes'. Tables lie on flash disks nowadays or in that cache, where a page out of order costs what any costs.
There, too, nothing is won by filling each new segment of the log with 16 MB of zeros, for which the commit that needs
it would wait: 60 to 80 ms, once a second at full load until old segments are used again.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

MB = 1024 * 1024
LEAST, MOST = 256 * MB, 4096 * MB
"""Bytes of the server's own cache; never more than half of all there is."""
GROUPS, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def memory_settings(available: int) -> Mapping[str, str]:
    """The settings for so many bytes of memory."""
    cache = min(max(available // 4, min(LEAST, available // 2)), MOST)
    return {
        "shared_buffers": f"{cache // MB}MB",
        "effective_cache_size": f"{max(available // 2, cache) // MB}MB",
        "random_page_cost": "1.1",
        "wal_init_zero": "off",
    }


def available_memory(groups: Path = GROUPS, own: Path = OWN_GROUP) -> int:
    """Bytes that this process and its children may use: the machine's memory, or the least of its groups' limits."""
    return min((os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_limits(groups, own)))


def _limits(groups: Path, own: Path) -> Iterator[int]:
    """Limits of the process's control group and of those around it, of either version; none where there are none."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in {"", "memory"}:
            continue
        root, name = (groups / "memory", "memory.limit_in_bytes") if controllers else (groups, "memory.max")
        # Inside a container the path is often that of the host, and the limit stands at the root.
        inner = root / path.lstrip("/")
        for folder in (inner, *inner.parents):
            if folder.is_relative_to(root):
                yield from _number(folder / name)


def _number(file: Path) -> Iterator[int]:
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError:
        return
    if text.isdecimal():
        yield int(text)
