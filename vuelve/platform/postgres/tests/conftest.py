"""Real servers on folders of their own. No test here uses the database of the suite."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vuelve.platform.postgres import EmbeddedPostgres
from vuelve.platform.postgres.tests.processes import copy_home


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    """A home where nothing is yet. pytest's own folders are closed to the account that runs the server; this is not."""
    folder = Path(tempfile.mkdtemp(prefix="vuelve-pg-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder / "home"
    finally:
        EmbeddedPostgres(folder / "home").stop(force=True)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def prepared_home() -> Iterator[Path]:
    """A home whose database is made; stopped between two tests."""
    folder = Path(tempfile.mkdtemp(prefix="vuelve-pg-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        server = EmbeddedPostgres(folder / "home")
        server.start()
        server.stop()
        yield folder / "home"
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shared_postgres(prepared_home: Path) -> Iterator[EmbeddedPostgres]:
    """A server for tests that only look, or put back what they change."""
    home = prepared_home.parent / "shared"
    copy_home(prepared_home, home)
    server = EmbeddedPostgres(home)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def own_home(fresh_home: Path, prepared_home: Path) -> Path:
    """A home for one test that spoils it, used before and stopped cleanly."""
    copy_home(prepared_home, fresh_home)
    return fresh_home


@pytest.fixture
def home(prepared_home: Path) -> Iterator[Path]:
    """A home used before and stopped. Tests share it one after the other, for the time that a copy takes."""
    try:
        yield prepared_home
    finally:
        EmbeddedPostgres(prepared_home).stop(force=True)


@pytest.fixture
def postgres(home: Path) -> Iterator[EmbeddedPostgres]:
    """A server that runs, stopped after the test."""
    server = EmbeddedPostgres(home)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: needs root, to act as another account")
