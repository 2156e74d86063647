"""The text of the server's configuration files. Pure: what to write, not where.

They are written anew at each start, so that an upgrade of Vuelve brings its settings along. An administrator's own
settings go to `local.conf` in the data folder (or through ALTER SYSTEM), which win.
"""

from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1024 * 1024

SUPERUSER = "postgres"
OWNER = "vuelve_owner"
LOGIN_ROLES = (OWNER, "vuelve_web", "vuelve_worker")
IDENT_MAP = "vuelve"


@dataclass(frozen=True)
class Machine:
    memory_bytes: int
    shared_memory_bytes: int  # room in /dev/shm


def postgresql_conf(*, machine: Machine, socket_folder: Path) -> str:
    # An eighth of the memory, and 256 MB where there is plenty: more gained nothing measurable.
    shared_buffers_mb = max(32, min(256, machine.memory_bytes // 8 // MEGABYTE))
    cache_mb = max(64, machine.memory_bytes // 2 // MEGABYTE)
    # Containers often have 64 MB of /dev/shm, which one parallel hash join overflows ("could not resize shared
    # memory segment"); System V segments are not bound by it.
    parallel_memory = "posix" if machine.shared_memory_bytes >= 512 * MEGABYTE else "sysv"
    return f"""\
# Written by Vuelve at each start; changes here are lost. Put your own settings into local.conf beside this file.

# Who can connect: nobody but the account that runs Vuelve, over the socket.
listen_addresses = ''
port = 5432
unix_socket_directories = {_quoted(str(socket_folder))}
unix_socket_permissions = 0700
max_connections = 60

# Memory.
shared_buffers = {shared_buffers_mb}MB
effective_cache_size = {cache_mb}MB
work_mem = 32MB
maintenance_work_mem = 64MB
dynamic_shared_memory_type = {parallel_memory}

# A commit that was answered is on disk.
fsync = on
synchronous_commit = on
full_page_writes = on

# Few checkpoints: each makes the next write of every page a full page image in the log. Compressing those images
# (pglz) cost five times more throughput than it saved, and waiting for other commits gained nothing.
max_wal_size = 4GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
wal_compression = off
commit_delay = 0

# Statements are short and many; compiling them costs more than it saves. Pages come from an SSD or the cache.
jit = off
random_page_cost = 1.1

# An open transaction holds back every reader of the event log: one that nobody goes on with, or whose client is gone.
idle_in_transaction_session_timeout = 60s
client_connection_check_interval = 2s

# Tables grow by inserts: without these a table of millions is vacuumed and analysed far too late.
autovacuum_naptime = 15s
autovacuum_vacuum_scale_factor = 0.1
autovacuum_vacuum_insert_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.05
autovacuum_vacuum_cost_limit = 1000

# The log: one file per weekday, overwritten a week later. The path is relative to the data folder.
logging_collector = on
log_directory = '../log'
log_filename = 'postgresql-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %q%u@%d '
log_startup_progress_interval = 2s

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'

include_if_exists 'local.conf'
"""


def pg_hba_conf() -> str:
    return f"""\
# Written by Vuelve at each start; changes here are lost.
# The kernel says who is at the other end of the socket; pg_ident.conf says which roles that account may take.
local  all  all  peer  map={IDENT_MAP}
"""


def pg_ident_conf(*, vuelve_account: str, server_account: str) -> str:
    """`vuelve_account` runs Vuelve; `server_account` runs the server, and is another one only under root."""
    lines = [(vuelve_account, role) for role in (*LOGIN_ROLES, SUPERUSER)]
    if server_account != vuelve_account:
        lines += [(server_account, role) for role in LOGIN_ROLES]
    header = "# Written by Vuelve at each start; changes here are lost.\n"
    return header + "".join(f"{IDENT_MAP}  {_double_quoted(account)}  {role}\n" for account, role in lines)


def _quoted(text: str) -> str:
    """A value for postgresql.conf that is a list of paths: quoted once for the file and once for the list."""
    return "'" + _double_quoted(text).replace("'", "''").replace("\\", "\\\\") + "'"


def _double_quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
