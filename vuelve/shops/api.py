"""What every endpoint of the public API shares: the secret key with its scope, and the shape of errors."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Schema
from ninja.security import HttpBasicAuth
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.platform.limits import BIGINT_MAX
from vuelve.shops.scopes import Scope
from vuelve.shops.services import key_holder


def _digits(value: Any) -> Any:
    """Else `1.0`, `+1` and ` 1` would be 1, too: whoever writes so may mean something else."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("digits", "Input should be a whole number, in digits")
    return value


RowNumber = Path[Annotated[int, BeforeValidator(_digits), Field(ge=1, le=BIGINT_MAX, examples=[17])]]


class Problem(Schema):
    """`code` is stable; `message` says what is wrong, `field` where, `hint` what to do."""

    code: str = Field(examples=["scope"])
    message: str = Field(examples=["This key lacks the scope points:write."])
    field: str | None = None
    hint: str | None = None


class Refused(Schema):
    error: Problem


class SecretKey(HttpBasicAuth):
    """The secret key as the user name; the password is empty."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, username: str, password: str) -> ShopId | None:
        if not username or "\x00" in username:
            return None
        holder = key_holder(secret=username)
        if holder is None or not holder.is_secret:
            return None
        if not holder.may(self.scope):
            raise missing_scope(self.scope)
        return holder.shop


def missing_scope(scope: Scope) -> VuelveError:
    return VuelveError(
        "scope",
        f"This key lacks the scope {scope.value}.",
        hint="Use a key that has it; a key's scopes are chosen when it is made.",
        status=403,
    )


def needs(scope: Scope, **statuses: str) -> dict[str, Any]:
    """`@router.get(..., **needs(Scope.X))`: the key must have it, and the document says so.

    `on_409="..."`: what that answer means here, where the usual words for it do not say enough.
    """
    said = {int(name.removeprefix("on_")): {"description": text} for name, text in statuses.items()}
    return {"auth": SecretKey(scope), "openapi_extra": {"x-scope": scope.value, "responses": said}}


def answers(schema: Any, *also: int, status: int = 200) -> dict[int, Any]:
    """The responses of an endpoint: what it gives, and what it may refuse with."""
    return {status: schema} | dict.fromkeys(sorted({400, 401, 403, 422, *also}), Refused)


def shop_of(request: HttpRequest) -> ShopId:
    """Whose key it is."""
    return ShopId(request.auth)  # type: ignore[attr-defined]
