"""The folders of the embedded server, and how files get into them safely.

    <home>/postgres/        0700, of the account that runs the server; everything below is its
        data/               PGDATA
        log/                one file per weekday, and start.log: what the server says before it opens that file
        run/                the socket, unless its path is too long or out of the account's reach
        start.lock          held while somebody starts or adopts the server
        server.lock         held by every process of the server for as long as it lives

As root, two rules hold. No permission of a folder that we did not make is ever changed; a server that cannot walk to
its data is put there instead (see `server_path`). And what lies in a folder of the server's account is opened relative
to a folder handle, never through a symbolic link: that account must not be able to lead root elsewhere.
"""

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from vuelve.platform import env
from vuelve.platform.postgres.account import Account
from vuelve.platform.postgres.errors import PostgresStartError

SYSTEM_HOME = Path("/var/lib/vuelve")
TEMPORARY = Path("/tmp")  # noqa: S108 - what is there is checked; TMPDIR can be as long as home
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES_MAX = 103 if sys.platform == "darwin" else 107  # sun_path, without its closing NUL


def default_home() -> Path:
    """VUELVE_HOME, else /var/lib/vuelve for root, else `vuelve` in the user's own data folder."""
    return env.home()


@dataclass(frozen=True)
class Folders:
    home: Path

    @property
    def root(self) -> Path:
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def server_lock(self) -> Path:
        return self.root / "server.lock"


def prepare(folders: Folders, account: Account) -> None:
    """Makes what is absent. Folders that were there keep their permissions, whatever they are."""
    home = folders.home
    try:
        if not home.is_dir():
            # As root the server's account may pass through, not look around.
            mode = 0o700 if account.is_self else 0o711
            home.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another process was faster
                home.mkdir(mode=mode)
                home.chmod(mode)  # ours, and new: whatever the umask
        for folder in (folders.root, folders.log, folders.run):
            _ensure_private(folder, account)
    except OSError as error:
        raise PostgresStartError(
            f"Vuelve keeps its data in {home}, which does not work: {error.strerror} ({error.filename}). "
            "Choose another folder with --home or VUELVE_HOME."
        ) from error


def _ensure_private(folder: Path, account: Account) -> None:
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    with open_folder(folder) as fd:
        found = os.fstat(fd)
        if found.st_uid == os.geteuid() and not account.is_self:
            os.fchown(fd, account.uid, account.gid)  # just made by us as root
        elif found.st_uid != account.uid:
            raise PostgresStartError(
                f"{folder} belongs to account number {found.st_uid}, but the server would run as '{account.name}' "
                f"({account.uid}). Run Vuelve as the account that used this folder before, or choose another folder."
            )
        os.fchmod(fd, 0o700)


@contextmanager
def open_folder(folder: Path) -> Iterator[int]:
    """A handle on a folder that is not a symbolic link, for calls that take `dir_fd`."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def open_subfolder(folders: Folders, name: str) -> Iterator[int]:
    """A handle on one of the folders below `root`, neither step of the way being a symbolic link."""
    with open_folder(folders.root) as root_fd:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root_fd)
        try:
            yield fd
        finally:
            os.close(fd)


def open_file(folder_fd: int, name: str, flags: int, account: Account) -> int:
    """A handle on a file of the server's account, made if absent. The caller closes it."""
    fd = os.open(name, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder_fd)
    if not account.is_self and os.fstat(fd).st_uid == os.geteuid():
        os.fchown(fd, account.uid, account.gid)
    return fd


def write_file(folder_fd: int, name: str, text: str, account: Account) -> None:
    """Replaces a file whole: a reader sees the old text or the new one, also after a power cut."""
    temporary = f".{name}.new"
    fd = open_file(folder_fd, temporary, os.O_WRONLY | os.O_TRUNC, account)
    with os.fdopen(fd, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        file.flush()
        os.fsync(fd)
    os.rename(temporary, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)


def server_path(folder: Path, account: Account) -> str:
    """How to name the data folder on the server's command line; the server is started inside it.

    Under a parent that the account may not enter (a project below /root, say) the path itself is useless, but a
    process that has been put into the folder can name it through /proc and keeps it for life. So nobody has to open
    the parent.
    """
    return str(folder) if account.can_enter(folder) else "/proc/self/cwd"


def choose_socket_folder(folders: Folders, account: Account, *, used_before: Path | None = None) -> Path:
    """A private folder for the socket: `run`, or a short one elsewhere when `run` cannot be used.

    `used_before` comes first, so that clients keep their address when the server is restarted.
    """
    if used_before is not None and _is_private_folder(used_before, account):
        return used_before
    if _is_addressable(folders.run) and account.can_enter(folders.run):
        return folders.run
    name = f"vuelve-{account.uid}-{hashlib.sha256(os.fsencode(folders.home)).hexdigest()[:12]}"
    for parent in _short_parents():
        folder = parent / name
        if _is_addressable(folder) and _is_private_folder(folder, account):
            return folder
    # Somebody else sits on that name in a folder open to all. Clients learn the random one from postmaster.pid.
    folder = Path(tempfile.mkdtemp(prefix="vuelve-", dir=TEMPORARY))
    os.chown(folder, account.uid, account.gid)
    return folder


def _short_parents() -> list[Path]:
    if os.geteuid() == 0:
        return [Path("/run"), TEMPORARY]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return [*([Path(runtime)] if os.path.isabs(runtime) else []), TEMPORARY]


def _is_addressable(folder: Path) -> bool:
    """Short enough for the kernel; and libpq takes a comma for the end of one host and the start of another."""
    return len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX and "," not in str(folder)


def _is_private_folder(folder: Path, account: Account) -> bool:
    """Makes the folder, or checks that the one which is there is the account's own and closed to others."""
    try:
        os.mkdir(folder, 0o700)
        if not account.is_self:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    except FileExistsError:
        pass
    except OSError:
        return False
    found = os.lstat(folder)
    return (
        stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and stat.S_IMODE(found.st_mode) == 0o700
    )


def remove_tree(folders: Folders, name: str) -> None:
    """Removes a folder below `root`, if it is there. `rmtree` follows no symbolic links."""
    with open_folder(folders.root) as root_fd:
        if name in os.listdir(root_fd):
            shutil.rmtree(name, dir_fd=root_fd)


def sync_root(folders: Folders) -> None:
    """Makes a rename below `root` survive a power cut."""
    with open_folder(folders.root) as root_fd:
        os.fsync(root_fd)
