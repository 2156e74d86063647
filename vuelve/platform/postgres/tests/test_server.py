"""Start, adopt, stop, and what a start that cannot work says."""

import os
import stat
import subprocess
import threading
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg
import pytest

from vuelve.platform.postgres import EmbeddedPostgres, PostgresStartError, default_home
from vuelve.platform.postgres.tests.processes import answers, is_alive, postmaster_pid, python, servers_below

START_AND_WAIT = """
import json, sys
from pathlib import Path
from vuelve.platform.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(json.dumps({"is_adopted": server.is_adopted, "url": server.conninfo("vuelve_web")}), flush=True)
sys.stdin.read()
server.stop()
"""


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload, unused-ignore]
    assert row is not None
    return row[0] if len(row) == 1 else row


def test_start_use_stop_and_start_again(fresh_home: Path) -> None:
    words: list[str] = []
    home = fresh_home
    server = EmbeddedPostgres(home)
    server.start(say=words.append)
    url = server.conninfo("vuelve_owner")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()

    assert servers_below(home) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    assert any("only once" in word for word in words)

    words.clear()
    server.start(say=words.append)
    assert server.conninfo("vuelve_owner") == url
    assert ask(url, "SELECT answer FROM kept") == 42
    assert words == []
    server.stop()


def test_roles_have_these_rights_and_no_more(shared_postgres: EmbeddedPostgres) -> None:
    rights = "rolsuper, rolbypassrls, rolcreaterole, rolreplication, rolcreatedb, rolcanlogin"
    for role, can_create_databases in (
        ("vuelve_owner", True),
        ("vuelve_web", False),
        ("vuelve_worker", False),
    ):
        found = ask(
            shared_postgres.conninfo(role), f"SELECT {rights} FROM pg_roles WHERE rolname = current_user"
        )
        assert found == (False, False, False, False, can_create_databases, True), role
    owner = shared_postgres.conninfo("vuelve_owner")
    assert (
        ask(owner, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'vuelve'")
        == "vuelve_owner"
    )
    with psycopg.connect(owner) as connection:
        connection.execute("SET ROLE vuelve_web")
    for denied in ("SET ROLE vuelve_worker", "SET ROLE vuelve_owner", "CREATE TABLE mine (a int)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(shared_postgres.conninfo("vuelve_web"), denied)


def test_the_owner_sees_stalled_writers_and_can_end_sessions(shared_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(shared_postgres.conninfo("vuelve_web")) as idle:
        idle.execute("SELECT pg_current_xact_id()")
        look = f"SELECT backend_xid IS NOT NULL FROM pg_stat_activity WHERE pid = {idle.info.backend_pid}"
        assert ask(shared_postgres.conninfo("vuelve_owner"), look) is True
        assert ask(shared_postgres.conninfo("vuelve_worker"), look) is True
        assert ask(
            shared_postgres.conninfo("vuelve_owner"), f"SELECT pg_terminate_backend({idle.info.backend_pid})"
        )
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")
        idle.close()


def test_a_right_given_by_hand_is_taken_back_at_the_next_start(
    postgres: EmbeddedPostgres, home: Path
) -> None:
    with psycopg.connect(postgres.conninfo("postgres", "postgres")) as connection:
        connection.execute("ALTER ROLE vuelve_web BYPASSRLS")
    EmbeddedPostgres(home).start()
    assert (
        ask(postgres.conninfo("vuelve_web"), "SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user")
        is False
    )


def test_settings(shared_postgres: EmbeddedPostgres) -> None:
    expected = {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_compression": "off",
        "jit": "off",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "idle_in_transaction_session_timeout": "1min",
        "max_connections": "60",
        "work_mem": "32MB",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
    }
    url = shared_postgres.conninfo("vuelve_web")
    assert {name: ask(url, f"SHOW {name}") for name in expected} == expected
    collation = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'vuelve'"
    assert ask(url, collation) == (b"b", "C.UTF-8") or ask(url, collation) == ("b", "C.UTF-8")


def test_it_listens_on_its_private_socket_only(
    shared_postgres: EmbeddedPostgres, prepared_home: Path
) -> None:
    home = prepared_home.parent / "shared"
    server = psutil.Process(postmaster_pid(home))
    assert server.net_connections(kind="inet") == []
    assert mode_of(shared_postgres.socket_folder) == 0o700
    assert mode_of(home / "postgres") == 0o700
    assert mode_of(home / "postgres" / "data") == 0o700
    assert server.uids().real != 0


def test_own_settings_win_and_the_log_is_in_home(home: Path) -> None:
    server = EmbeddedPostgres(home)
    local = home / "postgres" / "data" / "local.conf"
    local.write_text("work_mem = '7MB'\n")
    local.chmod(0o644)
    server.start()
    assert ask(server.conninfo("vuelve_web"), "SHOW work_mem") == "7MB"
    server.stop()
    local.unlink()
    logs = [file for file in (home / "postgres" / "log").glob("postgresql-*.log") if file.stat().st_size]
    assert logs
    assert all(mode_of(file) == 0o600 for file in logs)


def test_a_second_process_adopts_and_leaves_the_server_alone(postgres: EmbeddedPostgres, home: Path) -> None:
    second = EmbeddedPostgres(home)
    second.start()
    assert (postgres.is_adopted, second.is_adopted) == (False, True)
    assert second.conninfo("vuelve_web") == postgres.conninfo("vuelve_web")
    second.stop()
    assert ask(postgres.conninfo("vuelve_web"), "SELECT 1") == 1

    second.start()
    second.stop(force=True)
    assert servers_below(home) == []

    postgres.ensure_running()
    assert postgres.is_adopted is False
    assert ask(postgres.conninfo("vuelve_web"), "SELECT 1") == 1


def test_two_at_the_same_instant_share_one_server(fresh_home: Path) -> None:
    home = fresh_home
    starters = [python(START_AND_WAIT, home, stdin=subprocess.PIPE) for _ in range(2)]
    try:
        said = [answers(starter) for starter in starters]
        assert sorted(answer["is_adopted"] for answer in said) == [False, True]
        assert said[0]["url"] == said[1]["url"]
        assert ask(said[0]["url"], "SELECT 1") == 1
    finally:
        for starter in starters:
            starter.communicate()
    assert [starter.returncode for starter in starters] == [0, 0]
    assert servers_below(home) == []


def test_another_thread_may_adopt_but_not_start(home: Path) -> None:
    errors: list[BaseException] = []

    def start_here() -> None:
        try:
            EmbeddedPostgres(home).start()
        except RuntimeError as error:
            errors.append(error)

    def run_in_thread() -> None:
        thread = threading.Thread(target=start_here)
        thread.start()
        thread.join()

    run_in_thread()
    assert "main thread" in str(errors.pop())
    assert servers_below(home) == []

    server = EmbeddedPostgres(home)
    server.start()
    run_in_thread()
    assert errors == []
    server.stop()


def test_a_pid_file_whose_number_somebody_else_has_now(home: Path) -> None:
    server = EmbeddedPostgres(home)
    data = home / "postgres" / "data"
    # As the server's own account, or PostgreSQL would see for itself that the process is not its own.
    account = data.stat()
    options = (
        {"user": account.st_uid, "group": account.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    )
    stranger = subprocess.Popen(["sleep", "60"], **options)  # type: ignore[call-overload]
    try:
        run = home / "postgres" / "run"
        for lock in (data / "postmaster.pid", run / ".s.PGSQL.5432.lock"):
            lock.write_text(f"{stranger.pid}\n{data}\n1700000000\n5432\n{run}\n\n  1  1\nready   \n")
            os.chown(lock, account.st_uid, account.st_gid)
        EmbeddedPostgres(home).stop(force=True)
        assert is_alive(stranger.pid)
        server.start()
        assert ask(server.conninfo("vuelve_web"), "SELECT 1") == 1
        server.stop()
        assert is_alive(stranger.pid)
    finally:
        stranger.kill()
        stranger.wait()


def test_an_initdb_that_was_killed_is_begun_anew(own_home: Path) -> None:
    home = own_home
    server = EmbeddedPostgres(home)
    (home / "postgres" / "data").rename(home / "postgres" / "data.new")
    (home / "postgres" / "data.new" / "PG_VERSION").unlink()
    server.start()
    assert ask(server.conninfo("vuelve_web"), "SELECT 1") == 1
    server.stop()
    assert not (home / "postgres" / "data.new").exists()


def test_a_start_that_fails_shows_the_log_and_leaves_nothing_running(home: Path) -> None:
    server = EmbeddedPostgres(home)
    broken = home / "postgres" / "data" / "local.conf"
    broken.write_text("no_such_setting = 1\n")
    broken.chmod(0o644)
    with pytest.raises(PostgresStartError, match="no_such_setting") as failure:
        server.start()
    assert "no_such_setting" in failure.value.log_tail
    assert servers_below(home) == []
    broken.unlink()
    server.ensure_running()
    assert ask(server.conninfo("vuelve_web"), "SELECT 1") == 1
    server.stop()


def test_data_of_another_version_is_not_touched(own_home: Path) -> None:
    home = own_home
    server = EmbeddedPostgres(home)
    version = home / "postgres" / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(PostgresStartError, match=r"made by PostgreSQL 17.*brings 18"):
        server.start()
    assert version.read_text() == "17\n"
    assert servers_below(home) == []


def test_default_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VUELVE_HOME", "/srv/shop")
    assert default_home() == Path("/srv/shop")
    monkeypatch.delenv("VUELVE_HOME")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_home() == Path("/var/lib/vuelve")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/data/ana")
    assert default_home() == Path("/data/ana/vuelve")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/ana")
    assert default_home() == Path("/home/ana/.local/share/vuelve")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
