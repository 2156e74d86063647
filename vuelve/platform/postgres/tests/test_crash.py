"""Killed at any instant: nothing that was answered is lost, nothing is left behind, the next start gets through."""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg
import pytest

from vuelve.platform.postgres import EmbeddedPostgres, PostgresStartError, postmaster, readiness
from vuelve.platform.postgres.tests.processes import (
    answers,
    eventually,
    is_alive,
    postmaster_pid,
    python,
    servers_below,
)
from vuelve.platform.postgres.tests.test_server import START_AND_WAIT, ask

WRITERS = 4
ROWS_BEFORE_THE_KILL = 200


class Writer(threading.Thread):
    """Commits one row after the other and remembers which ones were answered, until the server is gone."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.number = number
        self.answered = 0

    def run(self) -> None:
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                while True:
                    connection.execute("INSERT INTO kept VALUES (%s, %s)", [self.number, self.answered + 1])
                    self.answered += 1
        except psycopg.OperationalError:
            pass


def write_until_killed(url: str, home: Path) -> list[Writer]:
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (writer int, number int, PRIMARY KEY (writer, number))")
    writers = [Writer(url, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    eventually(lambda: sum(writer.answered for writer in writers) >= ROWS_BEFORE_THE_KILL, seconds_max=30)
    os.kill(postmaster_pid(home), signal.SIGKILL)
    for writer in writers:
        writer.join(timeout=20)
        assert not writer.is_alive()
    return writers


def test_no_answered_row_is_lost_when_the_server_is_killed_under_load(
    postgres: EmbeddedPostgres, home: Path
) -> None:
    url = postgres.conninfo("vuelve_owner")
    killed = postmaster_pid(home)
    writers = write_until_killed(url, home)

    postgres.ensure_running()

    assert postmaster_pid(home) != killed
    assert postgres.conninfo("vuelve_owner") == url
    for writer in writers:
        kept = ask(
            url, f"SELECT count(*) FROM kept WHERE writer = {writer.number} AND number <= {writer.answered}"
        )
        assert kept == writer.answered
        # One more can be there: committed, but killed before it was answered. Two cannot.
        extra = ask(
            url, f"SELECT count(*) FROM kept WHERE writer = {writer.number} AND number > {writer.answered}"
        )
        assert extra in (0, 1)


def test_a_session_that_computes_on_after_the_kill_does_not_block_the_restart(
    postgres: EmbeddedPostgres, home: Path
) -> None:
    connection = psycopg.connect(postgres.conninfo("vuelve_web"), autocommit=True)
    session = connection.info.backend_pid
    endless = threading.Thread(target=ignoring_errors, args=(connection, "DO $$ BEGIN LOOP END LOOP; END $$"))
    endless.start()
    eventually(lambda: psutil.Process(session).cpu_times().user > 0.05)
    os.kill(postmaster_pid(home), signal.SIGKILL)
    time.sleep(0.3)
    assert is_alive(session)

    words: list[str] = []
    postgres.ensure_running(say=words.append)

    assert ask(postgres.conninfo("vuelve_web"), "SELECT 1") == 1
    assert not is_alive(session)
    assert any("that was killed to end" in word for word in words)
    endless.join(timeout=5)
    connection.close()


def test_a_statement_ends_soon_after_its_client_was_killed(shared_postgres: EmbeddedPostgres) -> None:
    client = python(COMPUTE, shared_postgres.conninfo("vuelve_web"))
    session = answers(client)["session"]
    eventually(lambda: psutil.Process(session).cpu_times().user > 0.05)
    client.kill()
    client.communicate()
    eventually(lambda: not is_alive(session))


COMPUTE = """
import json, psycopg, sys
connection = psycopg.connect(sys.argv[1])
print(json.dumps({"session": connection.info.backend_pid}), flush=True)
connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")
"""


def ignoring_errors(connection: psycopg.Connection, statement: str) -> None:
    with suppress(psycopg.OperationalError):
        connection.execute(statement)  # type: ignore[call-overload, unused-ignore]


def test_no_server_is_left_when_its_parent_is_killed(home: Path) -> None:
    parent = python(START_AND_WAIT, home, stdin=subprocess.PIPE)
    url = answers(parent)["url"]
    writers = write_until_killed_parent(url, parent)
    eventually(lambda: servers_below(home) == [])

    server = EmbeddedPostgres(home)
    server.start()
    assert server.is_adopted is False
    for writer in writers:
        assert ask(url, f"SELECT count(*) FROM kept WHERE writer = {writer.number}") >= writer.answered  # type: ignore[operator]
    server.stop()


def write_until_killed_parent(url: str, parent: subprocess.Popen[str]) -> list[Writer]:
    with psycopg.connect(url.replace("vuelve_web", "vuelve_owner")) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (writer int, number int, PRIMARY KEY (writer, number))")
        connection.execute("GRANT ALL ON kept TO vuelve_web")
    writers = [Writer(url, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    eventually(lambda: sum(writer.answered for writer in writers) >= ROWS_BEFORE_THE_KILL, seconds_max=30)
    parent.kill()
    parent.communicate()
    for writer in writers:
        writer.join(timeout=20)
        assert not writer.is_alive()
    return writers


def test_a_start_right_after_the_parent_was_killed_waits_for_the_old_server_to_go(home: Path) -> None:
    parent = python(START_AND_WAIT, home, stdin=subprocess.PIPE)
    url = answers(parent)["url"]
    old = postmaster_pid(home)
    parent.kill()
    server = EmbeddedPostgres(home)
    server.start()
    parent.communicate()
    # It may have caught the old server in its last moment; then the next look finds it gone.
    eventually(lambda: not is_alive(old))
    server.ensure_running()
    assert server.is_adopted is False
    assert ask(url, "SELECT 1") == 1
    server.stop()
    assert servers_below(home) == []


def test_parent_and_server_killed_together(home: Path) -> None:
    parent = python(START_AND_WAIT, home, stdin=subprocess.PIPE)
    url = answers(parent)["url"]
    os.kill(postmaster_pid(home), signal.SIGKILL)
    parent.kill()
    parent.communicate()
    server = EmbeddedPostgres(home)
    server.start()
    assert ask(url, "SELECT 1") == 1
    server.stop()
    assert servers_below(home) == []


class Freezer(threading.Thread):
    """Freezes the server of a home as soon as it says that it is starting, as a slow disk would; until `thaw` is set."""

    def __init__(self, home: Path, *, seconds_max: float) -> None:
        super().__init__()
        self.pid_file = home / "postgres" / "data" / "postmaster.pid"
        self.old = self.lines()[0]
        self.seconds_max = seconds_max
        self.has_frozen = False
        self.thaw = threading.Event()

    def run(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not self.has_frozen:
            lines = self.lines()
            if lines[0] not in ("", self.old):
                server = psutil.Process(int(lines[0]))
                server.suspend()
                self.has_frozen = "ready" not in self.lines()[-1]
                self.thaw.wait(self.seconds_max)
                with suppress(psutil.NoSuchProcess):
                    server.resume()

    def lines(self) -> list[str]:
        try:
            return self.pid_file.read_text().splitlines() or [""]
        except FileNotFoundError:
            return [""]


def test_the_start_waits_for_recovery_and_says_so(postgres: EmbeddedPostgres, home: Path) -> None:
    kill_after_writing(postgres, home)
    freezer = Freezer(home, seconds_max=2.0)
    freezer.start()
    words: list[str] = []
    began_at = time.monotonic()
    postgres.ensure_running(say=words.append)
    assert time.monotonic() - began_at >= 2.0
    freezer.join()
    assert freezer.has_frozen
    assert any("recovering" in word and "s so far" in word for word in words)
    assert ask(postgres.conninfo("vuelve_owner"), "SELECT count(*) FROM kept") == 100_000


def test_the_start_gives_up_when_recovery_does_nothing_any_more(
    postgres: EmbeddedPostgres, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_after_writing(postgres, home)
    monkeypatch.setattr(readiness, "STALLED_SECONDS_MAX", 1.0)
    monkeypatch.setattr(readiness, "PROGRESS_INTERVAL_SECONDS", 0.2)
    monkeypatch.setattr(postmaster, "FAST_STOP_SECONDS_MAX", 0.3)
    freezer = Freezer(home, seconds_max=20.0)
    freezer.start()
    with pytest.raises(PostgresStartError, match="has done nothing for"):
        postgres.ensure_running()
    freezer.thaw.set()
    freezer.join()
    assert servers_below(home) == []
    postgres.ensure_running()
    assert ask(postgres.conninfo("vuelve_owner"), "SELECT count(*) FROM kept") == 100_000


def test_a_start_interrupted_in_recovery_leaves_no_server(
    postgres: EmbeddedPostgres, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt_recovery(message: str) -> None:
        if "recovering" in message:
            raise KeyboardInterrupt

    kill_after_writing(postgres, home)
    monkeypatch.setattr(readiness, "FIRST_WORD_AFTER_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        postgres.ensure_running(say=interrupt_recovery)
    assert servers_below(home) == []


def kill_after_writing(postgres: EmbeddedPostgres, home: Path) -> None:
    with psycopg.connect(postgres.conninfo("vuelve_owner")) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 100000) AS number")
    killed = postmaster_pid(home)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: not is_alive(killed))
