import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.errors import InvalidCatalogName

from vuelve.demo import database as demo_database
from vuelve.demo.database import FINISHED, open_database

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.fixture
def server_url(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server whose `vuelve_demo` goes by another name, so that no developer's demo is dropped."""
    name = f"vuelve_demo_test_{os.getpid()}"
    monkeypatch.setattr(demo_database, "NAME", name)
    for variable in ("DATABASE_URL", "DATABASE_WEB_URL"):
        monkeypatch.setenv(variable, database)
    yield database
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _finish(at: datetime) -> None:
    """What a finished demo leaves, in as much of the schema as is looked at."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE shops_auditentry (at timestamptz, action text, detail jsonb)")
        owner.execute(
            "INSERT INTO shops_auditentry VALUES (%s, %s, %s)", [at, FINISHED, json.dumps({"customers": 3})]
        )


def _open(server_url: str, *, now: datetime, is_fresh: bool = False) -> object:
    """As the next `make demo` would: the environment names the server again."""
    os.environ["DATABASE_URL"] = os.environ["DATABASE_WEB_URL"] = server_url
    return open_database(now=now, is_fresh=is_fresh)


def _is_empty() -> bool:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        return owner.execute("SELECT to_regclass('shops_auditentry')").fetchone() == (None,)


def test_makes_a_database_beside_the_shop_s_own(server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as owner:
        before = owner.execute("SELECT count(*) FROM shops_shop").fetchone()
    assert _open(server_url, now=NOW) is None
    assert os.environ["DATABASE_URL"] == os.environ["DATABASE_WEB_URL"] != server_url
    assert _is_empty()
    with psycopg.connect(server_url, autocommit=True) as owner:
        assert owner.execute("SELECT count(*) FROM shops_shop").fetchone() == before


def test_today_s_demo_is_used_again(server_url: str) -> None:
    _open(server_url, now=NOW)
    _finish(at=NOW)
    assert _open(server_url, now=NOW + timedelta(hours=5)) == {"customers": 3}
    assert not _is_empty()


def test_yesterday_s_demo_is_made_anew(server_url: str) -> None:
    _open(server_url, now=NOW)
    _finish(at=NOW)
    assert _open(server_url, now=NOW + timedelta(days=1)) is None
    assert _is_empty()


def test_fresh_means_anew(server_url: str) -> None:
    _open(server_url, now=NOW)
    _finish(at=NOW)
    assert _open(server_url, now=NOW, is_fresh=True) is None
    assert _is_empty()


def test_half_a_demo_is_made_anew(server_url: str) -> None:
    _open(server_url, now=NOW)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE shops_auditentry (at timestamptz, action text, detail jsonb)")
    assert _open(server_url, now=NOW) is None
    assert _is_empty()


def test_a_server_that_is_away_is_an_error(server_url: str) -> None:
    with pytest.raises(psycopg.OperationalError) as error:
        _open("postgresql://nobody@127.0.0.1:1/none", now=NOW)
    assert not isinstance(error.value, InvalidCatalogName)
