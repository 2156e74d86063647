"""The programs of PostgreSQL as this package runs them, and the making of a cluster."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from vuelve.platform.postgres.account import Account, Say
from vuelve.platform.postgres.errors import PostgresStartError
from vuelve.platform.postgres.folders import (
    Folders,
    open_file,
    open_subfolder,
    remove_tree,
    server_path,
    sync_root,
)
from vuelve.platform.postgres.install import MAJOR_VERSION, Install
from vuelve.platform.postgres.log import START_LOG, log_tail
from vuelve.platform.postgres.settings import SUPERUSER
from vuelve.platform.supervise.command import ending_with_parent

NEW_DATA = "data.new"


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    folders: Folders,
    account: Account,
    folder: Path | None = None,
    inherited_fds: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    """Starts a program of PostgreSQL as the server's account, inside the data folder; what it says goes to start.log.

    SIGINT, the fast shutdown, is what it gets when this process dies. It sees nothing of our environment, which may
    hold secrets and PG* variables.
    """
    identity = {} if account.is_self else {"uid": account.uid, "gid": account.gid}
    with open_subfolder(folders, "log") as log_fd:
        output = open_file(log_fd, START_LOG, os.O_WRONLY | os.O_TRUNC, account)
    try:
        return subprocess.Popen(
            ending_with_parent(argv, death_signal=signal.SIGINT, **identity),
            cwd=folder or folders.data,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=inherited_fds,
            start_new_session=True,
        )
    finally:
        os.close(output)


def init_cluster(folders: Folders, install: Install, account: Account, say: Say) -> None:
    """Makes the cluster beside its final place and renames it, so a killed initdb leaves nothing that looks whole."""
    say(f"Preparing the database in {folders.root} (only once).")
    remove_tree(folders, NEW_DATA)
    new_data = folders.root / NEW_DATA
    new_data.mkdir(mode=0o700)
    with open_subfolder(folders, NEW_DATA) as fd:
        if not account.is_self:
            os.fchown(fd, account.uid, account.gid)
    command: list[str | os.PathLike[str]] = [
        *(install.initdb, "-D", server_path(new_data, account), "--username", SUPERUSER),
        *("--encoding", "UTF8"),
        # Sorted by code point whatever the system's locales are: the wheel has no ICU, and the C library's rules
        # change under an index when the system is upgraded.
        *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *("--auth-local", "peer", "--auth-host", "reject", "--no-instructions"),
    ]
    initdb = run(command, folders=folders, account=account, folder=new_data)
    try:
        exit_code = initdb.wait()
    except BaseException:
        initdb.kill()
        initdb.wait()
        raise
    if exit_code != 0:
        raise PostgresStartError("initdb could not prepare the database.", log_tail=log_tail(folders))
    os.rename(new_data, folders.data)
    sync_root(folders)


def check_version(folders: Folders) -> None:
    try:
        version = (folders.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError as error:
        raise PostgresStartError(f"{folders.data} is not a database folder: {error.strerror}.") from error
    if version != str(MAJOR_VERSION):
        raise PostgresStartError(
            f"The database in {folders.data} was made by PostgreSQL {version}; this Vuelve brings {MAJOR_VERSION}. "
            "Dump it with the Vuelve that made it and restore it here, or use pg_upgrade."
        )
