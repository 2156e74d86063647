"""The life of the embedded server: start or adopt, watch, stop."""

import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import structlog

from vuelve.platform.postgres.account import Account, Say, current_account_name, server_account
from vuelve.platform.postgres.cluster import check_version, init_cluster, run
from vuelve.platform.postgres.errors import PostgresStartError
from vuelve.platform.postgres.folders import (
    Folders,
    choose_socket_folder,
    open_subfolder,
    prepare,
    server_path,
    write_file,
)
from vuelve.platform.postgres.install import find_install
from vuelve.platform.postgres.locks import server_lock, start_lock
from vuelve.platform.postgres.log import log_tail
from vuelve.platform.postgres.machine import this_machine
from vuelve.platform.postgres.postmaster import Postmaster, kill, orphans, remove_stale_files
from vuelve.platform.postgres.provision import provision
from vuelve.platform.postgres.readiness import wait_until_ready
from vuelve.platform.postgres.settings import SUPERUSER, pg_hba_conf, pg_ident_conf, postgresql_conf

log = structlog.get_logger(__name__)

DATABASE = "vuelve"

ADOPTIONS_MAX = (
    5  # each time the server that was adopted went away at once: somebody else starts and stops it
)

# Processes of a killed server notice it within a moment, except one that computes: that is helped along.
ORPHANS_WORD_AFTER_SECONDS = 0.5
ORPHANS_QUIT_AFTER_SECONDS = 2.0
ORPHANS_KILL_AFTER_SECONDS = 6.0
ORPHANS_SECONDS_MAX = 30.0


def _say_to_log(message: str) -> None:
    log.info(message)


class EmbeddedPostgres:
    """One private server on `home`/postgres, shared by all Vuelve processes of that home.

    Not for use by several threads at once. A server that this object starts ends with this process, and with the
    thread that called `start`: Linux ties the two together. So `start` insists on the main thread, unless there is
    a server to adopt.
    """

    def __init__(self, home: Path) -> None:
        self._folders = Folders(Path(home).expanduser().resolve())
        self._postmaster: Postmaster | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None

    @property
    def is_adopted(self) -> bool:
        """True when the server in use was started by another process."""
        return self._postmaster is not None and self._process is None

    @property
    def socket_folder(self) -> Path:
        """Where clients find the server; stays the same across restarts."""
        if self._socket_folder is None:
            raise RuntimeError("start the embedded PostgreSQL before asking how to connect to it")
        return self._socket_folder

    def conninfo(self, user: str, database: str = DATABASE) -> str:
        """A connection URL over the private socket; also good as DATABASE_URL."""
        return _url(self.socket_folder, user, database)

    def start(self, *, say: Say = _say_to_log) -> None:
        """Starts the server, or adopts the one that runs on the folder, and waits until it answers.

        Makes what is absent: folders, the cluster, the login roles, the database. Raises PostgresStartError.
        """
        account = server_account(say=say)
        prepare(self._folders, account)
        if self._process is not None and self._process.poll() is not None:
            self._forget()  # ours, but dead
        try:
            with start_lock(self._folders, account, while_waiting=_patient_with_starter(say)):
                self._start_locked(account, say)
        except BaseException:
            self.stop()
            raise
        home = str(self._folders.home)
        log.info("postgres ready", pid=self._running.pid, adopted=self.is_adopted, home=home)

    def _start_locked(self, account: Account, say: Say) -> None:
        for _ in range(ADOPTIONS_MAX):
            while not self._adopt(account, say):
                self._launch(account, say)
            try:
                return provision(self.conninfo(SUPERUSER, "postgres"), database=DATABASE)
            except psycopg.OperationalError as error:
                # An adopted server can be told to stop at any moment; then its place is taken.
                log.info("postgres went away while it was adopted", error=str(error))
        raise PostgresStartError("PostgreSQL goes away again and again.", log_tail=log_tail(self._folders))

    def ensure_running(self, *, say: Say = _say_to_log) -> None:
        """Starts or adopts anew if the server has died. Cheap while it lives: made to be called twice a second."""
        if self._process is not None:
            is_alive = self._process.poll() is None
        else:
            is_alive = self._postmaster is not None and self._postmaster.is_alive()
        if not is_alive:
            if self._postmaster is not None:
                say("PostgreSQL has died; starting it again.")
            self._forget()
            self.start(say=say)

    def stop(self, *, force: bool = False) -> None:
        """Stops the server if this object started it; with `force`, also one that was adopted or merely found.

        At most about five seconds: an orderly shutdown, and after three seconds one that the next start recovers from.
        """
        postmaster = self._postmaster
        if self._process is not None:
            # Not `_postmaster`: an interrupted start may not have come that far. And once it is reaped, its number
            # may be anybody's.
            is_alive = self._process.poll() is None
            postmaster = Postmaster.of_child(self._process.pid, self._folders) if is_alive else None
        elif force and postmaster is None and self._folders.data.is_dir():
            postmaster = Postmaster.find(self._folders, server_account(say=_say_to_log))
        if postmaster is not None and (force or not self.is_adopted):
            postmaster.stop()
            log.info("postgres stopped", pid=postmaster.pid)
            self._remove_socket_folder()
        self._forget()

    def _remove_socket_folder(self) -> None:
        """Leaves nothing behind in /run or /tmp, unless another process is about to use it for the next server."""
        if self._socket_folder is None or self._socket_folder == self._folders.run:
            return
        account = server_account(say=_say_to_log)
        try:
            with start_lock(self._folders, account, while_waiting=_not_waiting):
                if Postmaster.find(self._folders, account) is None:
                    self._socket_folder.rmdir()
        except OSError:
            pass  # busy, not empty, or gone already

    @property
    def _running(self) -> Postmaster:
        assert self._postmaster is not None
        return self._postmaster

    def _forget(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._process = self._postmaster = None

    def _adopt(self, account: Account, say: Say) -> bool:
        """True when a server answers. False when there is none (any more)."""
        if self._process is None:
            self._postmaster = Postmaster.find(self._folders, account)
        if self._postmaster is None:
            return False
        socket_folder = wait_until_ready(
            self._postmaster,
            folders=self._folders,
            conninfo=lambda folder: _url(folder, SUPERUSER, "postgres"),
            say=say,
        )
        if socket_folder is not None:
            self._socket_folder = socket_folder
            return True
        if self._process is not None:
            raise PostgresStartError("PostgreSQL does not start.", log_tail=log_tail(self._folders))
        self._forget()
        return False

    def _launch(self, account: Account, say: Say) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "start PostgreSQL from the main thread: it ends with the thread that starts it"
            )
        install = find_install(home=self._folders.home, account=account, say=say)
        if not self._folders.data.exists():
            init_cluster(self._folders, install, account, say)
        check_version(self._folders)
        patience = _patient_with_orphans(self._folders, account, say)
        with server_lock(self._folders, account, while_waiting=patience) as fd:
            socket_folder = self._configure(account)
            remove_stale_files(self._folders, account, socket_folder=socket_folder)
            self._process = run(
                [install.postgres, "-D", server_path(self._folders.data, account)],
                folders=self._folders,
                account=account,
                inherited_fds=(fd,),
            )
        self._postmaster = Postmaster.of_child(self._process.pid, self._folders)

    def _configure(self, account: Account) -> Path:
        socket_folder = choose_socket_folder(self._folders, account, used_before=self._socket_folder)
        ident = pg_ident_conf(vuelve_account=current_account_name(), server_account=account.name)
        with open_subfolder(self._folders, "data") as data_fd:
            conf = postgresql_conf(machine=this_machine(), socket_folder=socket_folder)
            write_file(data_fd, "postgresql.conf", conf, account)
            write_file(data_fd, "pg_hba.conf", pg_hba_conf(), account)
            write_file(data_fd, "pg_ident.conf", ident, account)
        return socket_folder


def _url(socket_folder: Path, user: str, database: str) -> str:
    host = quote(str(socket_folder), safe="")
    return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port=5432"


def _not_waiting(_seconds: float) -> None:
    raise BlockingIOError


def _patient_with_starter(say: Say) -> Callable[[float], None]:
    """The other process says how its start goes and gives up by itself; this one only has to wait."""
    words_said = 0

    def wait(seconds: float) -> None:
        nonlocal words_said
        if seconds >= 1.5 + 5.0 * words_said:
            words_said += 1
            say(f"Another Vuelve process is starting the database; waiting for it ({seconds:.0f} s so far).")

    return wait


def _patient_with_orphans(folders: Folders, account: Account, say: Say) -> Callable[[float], None]:
    """Processes that outlived a killed server: waits for them, then sends them home."""
    stages = [
        (ORPHANS_WORD_AFTER_SECONDS, None),
        (ORPHANS_QUIT_AFTER_SECONDS, signal.SIGQUIT),
        (ORPHANS_KILL_AFTER_SECONDS, signal.SIGKILL),
    ]

    def wait(seconds: float) -> None:
        if stages and seconds >= stages[0][0]:
            _, number = stages.pop(0)
            left = orphans(folders, account)
            say(f"Waiting for {len(left)} processes of the PostgreSQL that was killed to end.")
            if number is not None:
                kill(left, number)
        if seconds >= ORPHANS_SECONDS_MAX:
            raise PostgresStartError(
                f"Something holds {folders.server_lock} and is not a process that this system can see: probably "
                "another container that uses the same folder. Stop it first."
            )

    return wait
