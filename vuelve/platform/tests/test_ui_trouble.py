"""Pages that say what went wrong: in the reader's language, and without anything that could go wrong again."""

import pytest
from django.core.exceptions import PermissionDenied
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.test import RequestFactory
from django.utils import translation
from django.views import csrf, defaults

REQUEST = RequestFactory().get("/s/a/")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "What you sent was not saved."),
        ("es", "Lo que enviaste no se guardó."),
        ("pt-br", "O que você enviou não foi salvo."),
    ],
)
def test_when_something_broke(language: str, sentence: str) -> None:
    with translation.override(language):
        response = defaults.server_error(REQUEST)
    assert response.status_code == 500
    assert sentence in response.content.decode()
    assert "<script" not in response.content.decode()


def test_when_the_role_does_not_allow_it() -> None:
    with translation.override("es"):
        response = defaults.permission_denied(REQUEST, PermissionDenied("secret detail"))
    assert response.status_code == 403
    assert "Tu rol no permite esto. No se cambió nada." in response.content.decode()
    assert "secret detail" not in response.content.decode()


def test_when_a_form_is_too_old() -> None:
    with translation.override("pt-br"):
        response = csrf.csrf_failure(REQUEST, REASON_NO_CSRF_COOKIE)
    assert response.status_code == 403
    assert "Este formulário não é mais válido" in response.content.decode()
