"""One database a test session, one shop a test: shops are walls, so tests need no clean-up and may commit.

With DATABASE_URL the suite uses that server (its role must be allowed to create databases and roles);
without, an embedded PostgreSQL in a temporary folder.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

SESSION_HOME = Path(tempfile.mkdtemp(prefix="vuelve-test-", dir="/var/tmp"))
# Under a name of its own for the processes that this one starts to run the tests: by then DATABASE_URL points nowhere.
SERVER_URL = os.environ.setdefault("VUELVE_TEST_SERVER", os.environ.get("DATABASE_URL", ""))


def pytest_configure(config: pytest.Config) -> None:
    import django

    SESSION_HOME.chmod(0o755)
    os.environ["DJANGO_SETTINGS_MODULE"] = "vuelve.config.settings"
    os.environ["VUELVE_SECRET_KEY"] = "only-for-tests"
    os.environ["VUELVE_DB_ROLE"] = "worker"
    os.environ["VUELVE_HOME"] = str(SESSION_HOME / "home")
    for name in ("DATABASE_WEB_URL", "DATABASE_WORKER_URL", "VUELVE_METRICS_DIR", "VUELVE_SPARK_MASTER"):
        os.environ.pop(name, None)
    # No test reaches a database before the fixture `database` has made one.
    os.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    django.setup()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs a cluster runs where there is one: under `make test-cluster`."""
    if not os.environ.get("VUELVE_TEST_SPARK"):
        left_out = [item for item in items if item.get_closest_marker("cluster")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_unconfigure(config: pytest.Config) -> None:
    import shutil

    shutil.rmtree(SESSION_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A URL of the server's owner, without a database: `postgresql://user@/{}?host=...`."""
    if SERVER_URL:
        parts = urlsplit(SERVER_URL)
        yield parts._replace(path="/{}").geturl()
        return
    from vuelve.platform.db import socket_url
    from vuelve.platform.postgres import EmbeddedPostgres

    embedded = EmbeddedPostgres(SESSION_HOME / "home")
    embedded.start()
    try:
        yield socket_url(
            user="vuelve_owner", folder=str(embedded.socket_folder), database="template1"
        ).replace("template1", "{}")
    finally:
        embedded.stop()


@pytest.fixture(scope="session")
def database(server: str) -> Iterator[str]:
    """The URL of a migrated database of this session, as its owner; Django is connected as the worker."""
    from django.core.management import call_command
    from django.db import connection

    from vuelve.platform.db import django_database

    name = f"vuelve_test_{os.getpid()}"
    maintenance = server.format("postgres" if SERVER_URL else "vuelve")
    with psycopg.connect(maintenance, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
    os.environ["DATABASE_URL"] = server.format(name)
    connection.settings_dict.update(django_database("owner"))
    call_command("migrate", verbosity=0)
    connection.close()
    connection.settings_dict.update(django_database("worker"))
    yield server.format(name)
    connection.close()
    with psycopg.connect(maintenance, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def log(database: str) -> None:
    """Partitions and cursors, as the worker makes them at its start."""
    from datetime import UTC, datetime

    from vuelve.events.services import prepare_log

    prepare_log(now=datetime(2026, 3, 1, tzinfo=UTC), months_ahead=2)


@pytest.fixture
def shop(log: None):  # type: ignore[no-untyped-def]
    """A shop of its own for the test."""
    from vuelve.testing import make_shop

    return make_shop()
