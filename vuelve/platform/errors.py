"""Errors with a code, a field and what to do; the same shape in the API, in logs and on pages."""

from collections.abc import Mapping
from typing import Any


class VuelveError(Exception):
    """Something the caller can mend. `code` is stable, `message` says what is wrong, `hint` what to do."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        status: int = 400,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.hint = hint
        self.status = status
        self.details = dict(details or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" ({self.field})" if self.field else "")

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field is not None:
            body["field"] = self.field
        if self.hint is not None:
            body["hint"] = self.hint
        return body | self.details


class Retryable(Exception):  # noqa: N818
    """Trouble outside that may pass: try again after so many seconds."""

    def __init__(self, reason: str, *, after_seconds: float = 60.0) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


def not_found(what: str) -> VuelveError:
    return VuelveError("not_found", f"No such {what}.", status=404)


def conflict(code: str, message: str, *, field: str | None = None, hint: str | None = None) -> VuelveError:
    return VuelveError(code, message, field=field, hint=hint, status=409)
