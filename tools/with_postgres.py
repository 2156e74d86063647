"""Run a command against a temporary PostgreSQL of another version: `with_postgres.py BIN_FOLDER -- COMMAND...`.

The command finds DATABASE_URL in its environment. The role in it is no superuser: it may create databases and roles,
which is what a hosted PostgreSQL gives. As root the server runs as the system user `postgres` of its package.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def main(arguments: list[str]) -> int:
    binaries, command = Path(arguments[0]), arguments[arguments.index("--") + 1 :]
    folder = Path(tempfile.mkdtemp(prefix="vuelve-pg-", dir="/var/tmp"))
    as_user: dict[str, str | int] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        shutil.chown(folder, account.pw_uid, account.pw_gid)
        as_user = {"user": account.pw_uid, "group": account.pw_gid}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def server(*parts: str) -> None:
        subprocess.run(
            [binaries / parts[0], *parts[1:]],
            check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL, **as_user,  # type: ignore[call-overload]
        )  # fmt: skip

    data = folder / "data"
    server("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=60"
    try:
        server("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        role = "CREATE ROLE vuelve_ci LOGIN CREATEDB CREATEROLE"
        server("psql", "-q", "-h", str(folder), "-U", "postgres", "-d", "postgres", "-c", role)
        url = f"postgresql://vuelve_ci@/postgres?host={folder}"
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=False).returncode
    finally:
        subprocess.run(
            [binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"],
            check=False, env=environment, stdout=subprocess.DEVNULL, **as_user,  # type: ignore[call-overload]
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
