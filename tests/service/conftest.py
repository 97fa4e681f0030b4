"""An office that the tests of the interface share, one for each module of tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.service.api_kit import Office, office_at


@pytest.fixture(scope="module")
def office(postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The application with staff, a rulebook and a runner."""
    folder: Path = tmp_path_factory.mktemp("office")
    with new_database(postgres_url, migrated_template) as url, office_at(url, folder) as found:
        yield found
