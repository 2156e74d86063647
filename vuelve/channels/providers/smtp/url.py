"""VUELVE_SMTP_URL: smtp://user:password@host:port, smtps:// for TLS from the start, smtp+starttls:// to require it."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from vuelve.platform.env import SettingError

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    host: str
    port: int
    use_tls: bool  # from the first byte
    start_tls: bool | None  # True: required; None: if the server offers it; False: not after TLS
    username: str | None
    password: str | None = field(repr=False)


def parse_smtp_url(url: str) -> SmtpServer:
    """Raises SettingError, which does not repeat the password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingError(f"VUELVE_SMTP_URL: {error}") from error
    if parts.scheme not in _PORTS:
        raise SettingError(f"VUELVE_SMTP_URL must begin with one of {', '.join(f'{s}://' for s in _PORTS)}")
    if not parts.hostname:
        raise SettingError("VUELVE_SMTP_URL names no host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingError("VUELVE_SMTP_URL: nothing may follow the port")
    username = unquote(parts.username) if parts.username else None
    secure = parts.scheme != "smtp"
    if username and not secure and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise SettingError("VUELVE_SMTP_URL: a password needs smtps:// or smtp+starttls://")
    return SmtpServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        use_tls=parts.scheme == "smtps",
        start_tls={"smtp": None, "smtps": False, "smtp+starttls": True}[parts.scheme],
        username=username,
        password=unquote(parts.password) if parts.password else None,
    )
