"""The key that signs sessions and links: from the environment, else made once and kept in the home folder."""

import os
import secrets
from pathlib import Path

from vuelve.platform import env


def secret_key() -> str:
    if chosen := env.get("VUELVE_SECRET_KEY"):
        return str(chosen)
    path = env.home() / "secret-key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _make(path)


def _make(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)  # of two processes that start at once, the first one's key stays
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
