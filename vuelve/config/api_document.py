"""The OpenAPI document of /api/v1: what django-ninja derives from the code, and the words that it cannot know."""

from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

DESCRIPTION = """For your own servers. Every request carries a secret key as the user name of Basic authentication, with an
empty password. A key may be limited to scopes; each operation names the one it needs. Deeds take a `key` of yours: the same
again changes nothing and gives the first answer. Errors are `{"error": {"code", "message", "field", "hint"}}`: `code` is stable,
the rest is for people, and nothing has happened."""

KEY = "A secret key as the user name, as in `curl -u vs_...:`; the password is empty."

# What an answer means where an operation does not say more.
MEANINGS = {
    200: "Done.",
    201: "Made.",
    202: "Begun; it ends by itself.",
    204: "Done; there is nothing to say.",
    400: "A value is refused: `field` names it.",
    401: "`wrong_key`: no key, none that is valid, or a write key.",
    403: "`scope`: the key lacks the scope of this operation, which `message` names.",
    404: "`not_found`: no such thing in this shop.",
    413: "`too_large`: the body has more bytes than any request needs.",
    422: "`invalid`: the request is not what the schema says; `field` says where.",
}


class DescribedAPI(NinjaAPI):
    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["info"]["description"] = DESCRIPTION
        document["components"]["securitySchemes"]["SecretKey"]["description"] = KEY
        for methods in document["paths"].values():
            for operation in methods.values():
                _describe(operation)
        return document


def _describe(operation: dict[str, Any]) -> None:
    """Its scope, for readers of the document alone, and what each answer means."""
    if "requestBody" in operation:
        operation["responses"][413] = operation["responses"][422] | {"description": HTTPStatus(413).phrase}
    needed = f"Needs the scope `{operation['x-scope']}`."
    said = (operation.get("description"), needed)
    operation["description"] = "\n\n".join(filter(None, said))
    for status, response in operation["responses"].items():
        if response["description"] == HTTPStatus(status).phrase:  # nothing of its own
            response["description"] = MEANINGS[status]
