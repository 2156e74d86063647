"""Settings from the environment: the one table. `docs/settings.md` is generated from it."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: str
    meaning: str
    parse: Callable[[str], Any] = str


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("use 1 or 0")


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate < float("inf"):
        raise ValueError("use a number above 0")
    return rate


def _loopback(text: str) -> str:
    """An address on this very machine, or nothing: what is sent there includes tokens."""
    if text and not re.fullmatch(r"http://(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}", text):
        raise ValueError("use http://127.0.0.1:PORT")
    return text


SETTINGS: tuple[Setting, ...] = (
    Setting("VUELVE_HOME", "", "Folder of everything Vuelve keeps. Empty: /var/lib/vuelve as root, else ~/.local/share/vuelve."),
    Setting("DATABASE_URL", "", "A PostgreSQL server (15 or newer), connected as the owner of the database; no pooler of transactions in between (connections keep temporary tables and prepared statements). Empty: the embedded one."),
    Setting("DATABASE_WEB_URL", "", "A login in role vuelve_web. Empty: DATABASE_URL with `SET ROLE`."),
    Setting("DATABASE_WORKER_URL", "", "A login in role vuelve_worker. Empty: DATABASE_URL with `SET ROLE`."),
    Setting("VUELVE_DB_ROLE", "owner", "Which role this process connects as: web, worker or owner. The commands set it."),
    Setting("VUELVE_LAKE_URL", "", "Where the lake's files are: file:///folder or an object store that pyarrow knows, s3://bucket/folder. Every machine must reach it. Empty: the folder lake/ in the home folder."),
    Setting("VUELVE_LAKE_MEMORY_MB", "1024", "Memory of one question to the lake; past that it works on the disk.", int),
    Setting("VUELVE_LAKE_THREADS", "2", "CPUs of one question to the lake.", int),
    Setting("VUELVE_SPARK_MASTER", "", "A Spark cluster that fills and sweeps the segments of large shops, as in spark://host:7077; needs `pip install 'vuelve[spark]'`, Java 17, and files that every machine of the cluster reaches. Empty: none, DuckDB does it in the worker."),
    Setting("VUELVE_SPARK_EVENTS", "200000000", "How many events a shop has when its segments go to the Spark cluster.", int),
    Setting("VUELVE_SECRET_KEY", "", "Signs sessions and links, encrypts providers' secrets. Empty: made once and kept in the home folder. Must be the same on every machine."),
    Setting("VUELVE_PUBLIC_URL", "http://127.0.0.1:8000", "Address under which customers and members reach this server; used in links. With https:// cookies are sent over TLS only; the proxy in front sets X-Forwarded-Proto, and appends to X-Forwarded-For."),
    Setting("VUELVE_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]", "Host names the server answers to, comma-separated."),
    Setting("VUELVE_WEB_PROCESSES", "2", "Processes of the web server. One computes on one CPU at a time: 1 saves 100 MB, more than CPUs gains nothing.", int),
    Setting("VUELVE_WEB_THREADS", "4", "Threads of each process of the web server, with a connection to the database each.", int),
    Setting("VUELVE_INGEST_EVENTS_PER_SECOND", "50000", "Events a second that one shop may send to one web process, ten times as many at once; past that 429 with Retry-After.", _rate),
    Setting("VUELVE_LOG_JSON", "0", "1: one JSON object a line; 0: for people.", _flag),
    Setting("VUELVE_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Setting("VUELVE_DEBUG", "0", "1: Django's debug pages. Never on a reachable server.", _flag),
    Setting("VUELVE_METRICS_DIR", "", "Folder where the processes of one machine share their Prometheus counters. `vuelve up` sets it."),
    Setting("VUELVE_SMTP_URL", "", "smtp://user:password@host:port (smtps:// for TLS from the start, smtp+starttls:// to require STARTTLS). Empty: the smtp provider is off."),
    Setting("VUELVE_SHOPIFY_STAND_IN", "", "For tests: http://127.0.0.1:PORT of a stand-in for Shopify's Admin API. Empty: the stores themselves.", _loopback),
    Setting("VUELVE_OIDC_ISSUER", "", "Sign-in by a provider (OpenID Connect): its issuer, as in https://login.example.com. The provider is told to lead back to PUBLIC_URL/sign-in/with/oidc/login/callback/. Empty: off."),
    Setting("VUELVE_OIDC_CLIENT_ID", "", "What the provider calls this server."),
    Setting("VUELVE_OIDC_CLIENT_SECRET", "", "The secret that the provider gave with it."),
    Setting("VUELVE_OIDC_NAME", "SSO", "The provider's name on the sign-in page."),
    Setting("VUELVE_OIDC_TRUST_EMAIL", "0", "1: its e-mail addresses count even if it does not say that they are verified. Only for a provider where nobody chooses their own.", _flag),
    Setting("VUELVE_EMAIL_PROVIDER", "mailbox", "Who carries e-mail: mailbox (kept for the back office, nothing leaves) or smtp."),
)  # fmt: skip

_BY_NAME = {setting.name: setting for setting in SETTINGS}


class SettingError(Exception):
    """A setting in the environment cannot be used; the message names it and says why."""


def get(name: str) -> Any:
    """The parsed value of a declared setting; a name that the table lacks is a KeyError."""
    setting = _BY_NAME[name]
    text = os.environ.get(name, setting.default)
    try:
        return setting.parse(text)
    except ValueError as error:
        raise SettingError(f"{name}={text!r}: {error}") from error


def home() -> Path:
    """The home folder: everything that is not in the database is below it."""
    if chosen := get("VUELVE_HOME"):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/vuelve")
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "vuelve"


def as_markdown() -> str:
    """The table of `docs/settings.md`."""
    rows = [f"| `{s.name}` | {f'`{s.default}`' if s.default else ''} | {s.meaning} |" for s in SETTINGS]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])
