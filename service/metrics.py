"""Metrics for Prometheus. Labels are routes, methods, codes and names of projections: never a number, never a person.

With several workers each writes its counts to files in a folder that all share, and whichever is asked adds them up;
what the database knows (positions) is read from there by whoever is asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from service.positions import ProjectionState

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable; it is read when the library is imported."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STOPPED_CHILD = "gauge_live*_*.db"

disable_created_metrics()  # type: ignore[no-untyped-call]


def shared_by_workers(folder: Path) -> dict[str, str]:
    """Empty the folder that the workers of one service share; returns the environment that makes them share it."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    return {FOLDER: str(folder)}


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._own = CollectorRegistry()
        self.requests = Histogram(
            "huiying_request_seconds",
            "Time taken by requests, by route, method and status",
            ("route", "method", "status"),
            buckets=BUCKETS,
            registry=self._own,
        )
        self._by_request: dict[tuple[str, str, str], Histogram] = {}
        self._by_step: dict[str, Counter] = {}
        self.steps = Counter(
            "huiying_steps", "Steps taken on files; a repeated request is not one", ("step",), registry=self._own
        )
        self.waiting = Gauge(
            "huiying_writer_waiting",
            "Requests that wait for the writer",
            registry=self._own,
            multiprocess_mode="livesum",
        )

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template of its path."""
        one = route, method if method in METHODS else "OTHER", str(status)
        if one not in self._by_request:
            self._by_request[one] = self.requests.labels(*one)
        self._by_request[one].observe(seconds)

    def step(self, step: str) -> None:
        """Count a step that was taken."""
        if step not in self._by_step:
            self._by_step[step] = self.steps.labels(step)
        self._by_step[step].inc()

    def text(self, last: int | None, states: Sequence[ProjectionState]) -> bytes:
        """All metrics as Prometheus reads them, with the positions as the database has them now (None: unknown)."""
        registry = CollectorRegistry()
        folder = os.environ.get(FOLDER)
        if folder:
            _forget_the_dead(Path(folder))
            MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        else:
            registry.register(_Several(self._own))
        if last is not None:
            registry.register(_Positions(last, states))
        return generate_latest(registry)

    def close(self) -> None:
        """Take this process's gauges out of the sum."""
        if os.environ.get(FOLDER):
            mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]


class _Several(Collector):
    """What another registry holds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        yield from self._registry.collect()


class _Positions(Collector):
    """How far the log and the projections are."""

    def __init__(self, last: int, states: Sequence[ProjectionState]) -> None:
        self._last = last
        self._live = [state for state in states if state.generation == "live"]

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("huiying_log_position", "Position of the newest event", value=self._last)
        lag = GaugeMetricFamily(
            "huiying_projection_lag", "By how many positions a projection is behind the log", labels=["projection"]
        )
        stopped = GaugeMetricFamily(
            "huiying_projection_stopped", "1 where a projection has stopped at an event", labels=["projection"]
        )
        for state in self._live:
            lag.add_metric([state.name], max(0, self._last - state.position))
            stopped.add_metric([state.name], float(state.state == "stopped"))
        yield lag
        yield stopped


def _forget_the_dead(folder: Path) -> None:
    """A killed worker could not take its gauges out itself."""
    for file in folder.glob(STOPPED_CHILD):
        process = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{process}").exists():
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]
