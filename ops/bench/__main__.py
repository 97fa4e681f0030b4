"""`make bench`: everything in one run on one machine, in turns, several rounds, medians of ratios within a round.

Sizes are options: by default a run of some minutes; the whole one is
`make bench BENCH="--petitions 1000000 --small 10000 --rounds 7 --seconds 20"`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from ops.bench import desk_rows, http_rows, in_process, office, report

HERE = Path(__file__).parent
Rows = Mapping[str, object]


def main() -> None:
    """Measure what was asked for, and write RESULTS.md, results.json and the plots beside this file."""
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("--petitions", type=int, default=10_000, help="size of the larger office")
    options.add_argument("--small", type=int, default=2_000, help="size of the smaller one")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=4.0, help="of load per turn")
    options.add_argument("--only", nargs="*", default=[], help="parts: http append rebuild lag sizes desks")
    options.add_argument("--keep", type=Path, help="folder in which offices of a size are made once and kept (sizes)")
    options.add_argument("--out", type=Path, default=HERE)
    asked = options.parse_args()
    parts: Mapping[str, Callable[[str, Path, argparse.Namespace], Rows]] = {
        "http": http_rows.measure,
        "append": in_process.appending,
        "rebuild": in_process.rebuilding,
        "lag": http_rows.lag,
        "sizes": desk_rows.sizes,
        "desks": desk_rows.desks,
    }
    for name, measure in parts.items():
        if asked.only and name not in asked.only:
            continue
        print(f"{name} …", flush=True)
        with tempfile.TemporaryDirectory(prefix="huiying-bench-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            folder.chmod(0o711)
            with office.server(folder / "postgres") as url:
                try:
                    found = measure(url, folder, asked)
                except Exception as error:  # one part that cannot be measured here must not take the others along
                    found = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(found, ensure_ascii=False), flush=True)
        report.write(asked.out, {name: found}, vars(asked))


if __name__ == "__main__":
    main()
