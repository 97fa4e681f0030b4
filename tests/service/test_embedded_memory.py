"""How much memory the embedded server takes: by the machine, or by a container's limit."""

from pathlib import Path

import pytest

from service.embedded import start
from service.embedded.cluster import Cluster
from service.embedded.memory import MB, available_memory, memory_settings
from tests.service.test_embedded import data_dir, setting

__all__ = ["data_dir"]
MACHINE = available_memory(Path("/nowhere"), Path("/nowhere"))


@pytest.mark.parametrize(
    "available, cache, all_caches",
    [(256, 128, 128), (512, 256, 256), (1024, 256, 512), (8192, 2048, 4096), (65536, 4096, 32768)],
)
def test_a_quarter_of_the_memory_within_bounds(available: int, cache: int, all_caches: int) -> None:
    found = memory_settings(available * MB)
    assert (found["shared_buffers"], found["effective_cache_size"]) == (f"{cache}MB", f"{all_caches}MB")


@pytest.mark.parametrize(
    "own, limits, available",
    [
        ("0::/office/web\n", {"office/memory.max": 200, "office/web/memory.max": 300}, 200),
        ("0::/office/web\n", {"memory.max": 100}, 100),
        ("4:memory:/office\n0::/\n", {"memory/office/memory.limit_in_bytes": 150}, 150),
        ("4:cpu:/office\n", {"memory/office/memory.limit_in_bytes": 150}, None),
        ("0::/office\n", {}, None),
    ],
)
def test_a_containers_limit_counts(tmp_path: Path, own: str, limits: dict[str, int], available: int | None) -> None:
    (tmp_path / "own").write_text(own)
    for name, megabytes in limits.items():
        file = tmp_path / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{megabytes * MB}\n")
    found = available_memory(tmp_path / "groups", tmp_path / "own")
    assert found == (MACHINE if available is None else available * MB)


def test_no_limit_is_none(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/office\n")
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "memory.max").write_text("max\n")
    assert available_memory(tmp_path, tmp_path / "own") == MACHINE


def test_the_server_takes_it_unless_the_operator_says_otherwise(data_dir: Path) -> None:
    with start(data_dir) as postgres:
        assert setting(postgres.url, "random_page_cost") == "1.1"
        assert setting(postgres.url, "wal_init_zero") == "off"
        (Cluster(data_dir).folder / "memory.conf").write_text("shared_buffers = 16MB\n")
    with (Cluster(data_dir).folder / "postgresql.conf").open("a") as configuration:
        configuration.write("effective_cache_size = 1GB\n")
    with start(data_dir) as postgres:
        wanted = memory_settings(available_memory())
        assert setting(postgres.url, "effective_cache_size") == "1GB"
        megabytes = int(wanted["shared_buffers"].removesuffix("MB"))
        assert setting(postgres.url, "shared_buffers") in {f"{megabytes}MB", f"{megabytes // 1024}GB"}
