"""Who may connect, as which account the server runs, and whose folders stay as they are."""

import os
import pwd
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from vuelve.platform.postgres import EmbeddedPostgres, PostgresStartError
from vuelve.platform.postgres.account import SYSTEM_ACCOUNT, Account, server_account
from vuelve.platform.postgres.install import WHEEL_PACKAGE, find_install
from vuelve.platform.postgres.settings import Machine, pg_ident_conf, postgresql_conf
from vuelve.platform.postgres.tests.processes import (
    copy_home,
    eventually,
    in_fork_as,
    program_as,
    servers_below,
)
from vuelve.platform.postgres.tests.test_server import ask, mode_of
from vuelve.platform.supervise import command

MEGABYTE = 1024 * 1024


def connecting(url: str) -> Callable[[], str]:
    def connect() -> str:
        return f"connected as {ask(url, 'SELECT current_user')}"

    return connect


@pytest.mark.usefixtures("as_root")
def test_another_account_is_refused_by_the_folder_and_by_the_server(postgres: EmbeddedPostgres) -> None:
    nobody = pwd.getpwnam("nobody")
    urls = [postgres.conninfo(role) for role in ("vuelve_owner", "vuelve_web", "vuelve_worker", "postgres")]
    for url in urls:
        assert "Permission denied" in in_fork_as(nobody.pw_uid, nobody.pw_gid, connecting(url))
    # And if somebody opens the doors: the kernel still tells the server who knocks.
    (postgres.socket_folder / ".s.PGSQL.5432").chmod(0o777)
    for folder in (postgres.socket_folder, *postgres.socket_folder.parents[:2]):
        if mode_of(folder) == 0o700:
            folder.chmod(0o755)
    for url in urls:
        assert "Peer authentication failed" in in_fork_as(nobody.pw_uid, nobody.pw_gid, connecting(url))
    assert connecting(urls[1])() == "connected as vuelve_web"


@pytest.mark.usefixtures("as_root")
def test_the_account_of_the_server_is_no_superuser_of_it(postgres: EmbeddedPostgres) -> None:
    account = server_account(say=print)
    assert account.name == SYSTEM_ACCOUNT
    web, superuser = postgres.conninfo("vuelve_web"), postgres.conninfo("postgres", "postgres")
    assert in_fork_as(account.uid, account.gid, connecting(web)) == "connected as vuelve_web"
    assert "Peer authentication failed" in in_fork_as(account.uid, account.gid, connecting(superuser))


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Account:
    """An ordinary account that can reach all that a server needs, even where this checkout lies below /root."""
    entry = pwd.getpwnam("nobody")
    account = Account(name="nobody", uid=entry.pw_uid, gid=entry.pw_gid)
    pythons = [sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"]
    reachable = [python for python in pythons if account.can("x", Path(python))]
    if not reachable:
        pytest.skip("NOT TESTED: no Python on this machine is in the reach of an ordinary user")
    monkeypatch.setattr(sys, "executable", reachable[0])
    return account


@pytest.fixture
def nobodys_folder(nobody: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="vuelve-pg-", dir="/tmp"))
    os.chown(folder, nobody.uid, nobody.gid)
    if not nobody.can("r", command.LAUNCHER):
        monkeypatch.setattr(command, "LAUNCHER", Path(shutil.copy(command.LAUNCHER, folder)))
    install = find_install(home=folder, account=nobody, say=print)
    if install.folder.is_relative_to(folder):  # the wheel is out of reach: what was copied stands in for it
        (install.folder.parent / "__init__.py").touch()
        monkeypatch.syspath_prepend(str(install.folder.parent.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.mark.usefixtures("as_root")
def test_an_ordinary_user_runs_a_server_of_its_own(nobody: Account, nobodys_folder: Path) -> None:
    home = nobodys_folder / "home"

    def serve(say: Callable[[str], None], wait: Callable[[], None]) -> None:
        server = EmbeddedPostgres(home)
        server.start()
        say(server.conninfo("vuelve_web"))
        wait()
        server.stop()

    with program_as(nobody.uid, nobody.gid, serve) as url:
        assert servers_below(home)
        assert {file.stat().st_uid for file in (home, *home.rglob("*"))} == {nobody.uid}
        assert mode_of(home) == 0o700
        assert in_fork_as(nobody.uid, nobody.gid, connecting(url)) == "connected as vuelve_web"
        system = server_account(say=print)
        assert "Permission denied" in in_fork_as(system.uid, system.gid, connecting(url))
        # Root may open any door, but is not the one who runs this Vuelve.
        with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
            psycopg.connect(url)
        with pytest.raises(PostgresStartError, match="belongs to account number"):
            EmbeddedPostgres(home).start()
        assert servers_below(home)
    assert servers_below(home) == []


@pytest.mark.usefixtures("as_root")
def test_no_server_of_an_ordinary_user_outlives_it(nobody: Account, nobodys_folder: Path) -> None:
    home = nobodys_folder / "home"

    def die(say: Callable[[str], None], wait: Callable[[], None]) -> None:
        EmbeddedPostgres(home).start()
        say("started")
        wait()
        os.kill(os.getpid(), signal.SIGKILL)

    with program_as(nobody.uid, nobody.gid, die) as said:
        assert said == "started"
        assert servers_below(home)
    eventually(lambda: servers_below(home) == [])


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that only its owner may enter, as /root is."""
    folder = Path(tempfile.mkdtemp(prefix="vuelve-pg-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def permissions_above(path: Path) -> list[tuple[str, int, int, int]]:
    found = [(str(parent), parent.stat()) for parent in path.parents]
    return [(name, stat.S_IMODE(each.st_mode), each.st_uid, each.st_gid) for name, each in found]


def test_a_home_below_a_closed_folder_works_and_opens_nothing(closed_folder: Path) -> None:
    home = closed_folder / "project" / "home"
    home.mkdir(parents=True, mode=0o700)
    before = permissions_above(home), mode_of(home)
    server = EmbeddedPostgres(home)
    server.start()
    try:
        assert (permissions_above(home), mode_of(home)) == before
        with psycopg.connect(server.conninfo("vuelve_owner")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        server.stop()
        server.start()
        assert ask(server.conninfo("vuelve_owner"), "SELECT answer FROM kept") == 42
        second = EmbeddedPostgres(home)
        second.start()
        assert second.is_adopted
        assert servers_below(home)
    finally:
        server.stop()
    assert (permissions_above(home), mode_of(home)) == before
    assert servers_below(home) == []
    assert not server.socket_folder.exists() or server.socket_folder.is_relative_to(home)


@pytest.mark.usefixtures("as_root")
def test_binaries_out_of_reach_are_copied_once(
    closed_folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = own_home
    account = server_account(say=print)
    packages = find_install(home=home, account=account, say=print).folder.parent.parent
    for name in (WHEEL_PACKAGE, f"{WHEEL_PACKAGE}.libs"):
        (closed_folder / name).symlink_to(packages / name)
    monkeypatch.syspath_prepend(str(closed_folder))

    words: list[str] = []
    server = EmbeddedPostgres(home)
    server.start(say=words.append)
    try:
        assert any("Copying PostgreSQL" in word for word in words)
        assert ask(server.conninfo("vuelve_web"), "SELECT 1") == 1
        (copy,) = home.glob("postgresql-18-*")
        assert {file.stat().st_uid for file in (copy, *copy.rglob("*"))} == {0}
        assert not list(home.glob(".copying-*"))
        server.stop()
        words.clear()
        server.start(say=words.append)
        assert words == []
    finally:
        server.stop()
    # A cluster can be made with the copy, too: initdb finds its libraries.
    shutil.rmtree(home / "postgres")
    server.start()
    server.stop()


def test_a_long_home_gets_a_short_private_socket_folder(fresh_home: Path, prepared_home: Path) -> None:
    home = fresh_home / ("long-" * 20) / 'it\'s, "quoted" & 50%'
    home.parent.mkdir(parents=True)
    copy_home(prepared_home, home)
    server = EmbeddedPostgres(home)
    server.start()
    first = server.socket_folder
    assert not first.is_relative_to(home)
    assert (mode_of(first), first.stat().st_uid) == (0o700, (home / "postgres").stat().st_uid)
    assert ask(server.conninfo("vuelve_web"), "SELECT 1") == 1
    server.stop()
    assert not first.exists()

    # Somebody sits on the name: the folder is not used.
    first.mkdir(mode=0o777)
    first.chmod(0o777)
    try:
        other = EmbeddedPostgres(home)
        other.start()
        assert other.socket_folder != first
        assert mode_of(other.socket_folder) == 0o700
        assert ask(other.conninfo("vuelve_web"), "SELECT 1") == 1
        other.stop()
        assert list(first.iterdir()) == []
    finally:
        first.rmdir()


def test_odd_characters_in_the_path_of_home(fresh_home: Path, prepared_home: Path) -> None:
    home = fresh_home.parent / 'it\'s "q" & 5%'
    copy_home(prepared_home, home)
    server = EmbeddedPostgres(home)
    server.start()
    try:
        assert server.socket_folder == home / "postgres" / "run"
        assert ask(server.conninfo("vuelve_web"), "SELECT 1") == 1
    finally:
        server.stop()


def test_a_comma_in_the_path_of_home(fresh_home: Path, prepared_home: Path) -> None:
    """libpq takes it for a list of hosts."""
    home = fresh_home.parent / "tea,coffee"
    copy_home(prepared_home, home)
    server = EmbeddedPostgres(home)
    server.start()
    try:
        assert not server.socket_folder.is_relative_to(home)
        assert ask(server.conninfo("vuelve_web"), "SELECT 1") == 1
    finally:
        server.stop()


@pytest.mark.usefixtures("as_root")
def test_a_symbolic_link_of_the_servers_account_leads_root_nowhere(
    own_home: Path, closed_folder: Path
) -> None:
    """The account of the server owns its folder; it must not be able to make root write elsewhere."""
    home = own_home
    target = closed_folder / "target"
    target.mkdir()
    (home / "postgres" / "data").rename(home / "postgres" / "elsewhere")
    (home / "postgres" / "data").symlink_to(target)
    with pytest.raises((PostgresStartError, OSError)):
        EmbeddedPostgres(home).start()
    assert list(target.iterdir()) == []
    assert target.stat().st_uid == 0


def test_only_the_named_accounts_are_mapped() -> None:
    alone = pg_ident_conf(vuelve_account="ana", server_account="ana")
    roles = [line.split()[1:] for line in alone.splitlines() if not line.startswith("#")]
    assert roles == [['"ana"', role] for role in ("vuelve_owner", "vuelve_web", "vuelve_worker", "postgres")]


def test_memory_follows_the_machine() -> None:
    def buffers(memory_mb: int, shared_mb: int = 4096) -> str:
        machine = Machine(memory_bytes=memory_mb * MEGABYTE, shared_memory_bytes=shared_mb * MEGABYTE)
        return postgresql_conf(machine=machine, socket_folder=Path("/run/vuelve"))

    assert "shared_buffers = 256MB" in buffers(24_000)
    assert "shared_buffers = 64MB" in buffers(512)
    assert "shared_buffers = 32MB" in buffers(64)
    assert "dynamic_shared_memory_type = posix" in buffers(24_000)
    assert "dynamic_shared_memory_type = sysv" in buffers(24_000, shared_mb=64)
