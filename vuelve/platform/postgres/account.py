"""Which operating system account runs the server, and what that account can reach.

PostgreSQL refuses to run as root. When Vuelve runs as root, the server runs as a system account of its own.
"""

import grp
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vuelve.platform.postgres.errors import PostgresStartError

SYSTEM_ACCOUNT = "vuelve"
USERADD_ATTEMPTS_MAX = 5  # another program may hold the lock of /etc/passwd for a moment
USERADD_TIMEOUT_SECONDS = 30

Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()

    def can(self, right: Literal["r", "x"], *paths: Path) -> bool:
        """Asks the kernel, as this account. Only asking counts access lists and every parent folder in."""
        as_account: dict[str, Any] = {}
        if not self.is_self:
            as_account = {"user": self.uid, "group": self.gid, "extra_groups": []}
        script = 'for path; do test "-$0" "$path" || exit 1; done'
        command = ["/bin/sh", "-c", script, right, *map(str, paths)]
        try:
            test = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, **as_account)
        except (OSError, subprocess.SubprocessError) as error:
            raise PostgresStartError(
                f"Vuelve cannot act as the account '{self.name}', which runs PostgreSQL: {error}. "
                "In a container with a single user, run Vuelve as an ordinary user."
            ) from error
        return test.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        return self.can("x", folder)


def current_account_name() -> str:
    """The name by which PostgreSQL's peer authentication will know this process."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise PostgresStartError(
            f"The account with the number {os.geteuid()} has no name in /etc/passwd, and PostgreSQL needs one. "
            "Add an entry for it, or point DATABASE_URL to a PostgreSQL server."
        ) from None


def server_account(*, say: Say) -> Account:
    """The account that runs the server: ours or, when we are root, the system account (made if absent)."""
    if os.geteuid() != 0:
        return Account(name=current_account_name(), uid=os.geteuid(), gid=os.getegid())
    entry = _find(SYSTEM_ACCOUNT)
    if entry is None:
        say(f"Creating the system account '{SYSTEM_ACCOUNT}' for PostgreSQL, which refuses to run as root.")
        entry = _create_system_account()
    if entry.pw_uid == 0:
        raise PostgresStartError(
            f"The account '{SYSTEM_ACCOUNT}' must not be root; PostgreSQL refuses to run as root."
        )
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create_system_account() -> pwd.struct_passwd:
    command = [
        *("useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"),
        *("--shell", "/usr/sbin/nologin", "--comment", "Vuelve database"),
        *(["--gid", SYSTEM_ACCOUNT] if _has_group(SYSTEM_ACCOUNT) else ["--user-group"]),
        SYSTEM_ACCOUNT,
    ]
    by_hand = (
        f"PostgreSQL refuses to run as root and needs a system account of its own. Create it with\n"
        f"    {' '.join(command).replace('Vuelve database', repr('Vuelve database'))}\n"
        f"(or your system's equivalent) and start again, or run Vuelve as an ordinary user."
    )
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise PostgresStartError(f"{by_hand}\nThis system has no 'useradd'.")
    complaint = ""
    for _ in range(USERADD_ATTEMPTS_MAX):
        result = subprocess.run(
            [useradd, *command[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=USERADD_TIMEOUT_SECONDS,
        )
        # Asked again whatever it answered: another process may have created it at the same time.
        entry = _find(SYSTEM_ACCOUNT)
        if entry is not None:
            return entry
        complaint = result.stderr.strip()
        time.sleep(1)
    raise PostgresStartError(f"{by_hand}\n'useradd' said: {complaint}")


def _has_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True
