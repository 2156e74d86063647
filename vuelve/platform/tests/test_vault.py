import pytest
from django.test import override_settings

from vuelve.platform.errors import VuelveError
from vuelve.platform.vault import seal, unseal


def test_what_was_sealed_comes_back_and_cannot_be_read_before() -> None:
    token = seal("shpat_ñandú")
    assert "shpat" not in token
    assert unseal(token) == "shpat_ñandú"
    assert seal("shpat_ñandú") != token


def test_another_key_or_a_changed_token_is_said_not_guessed() -> None:
    token = seal("secret")
    with override_settings(SECRET_KEY="another"), pytest.raises(VuelveError, match="secret_unreadable"):
        unseal(token)
    with pytest.raises(VuelveError, match="secret_unreadable"):
        unseal(token[:-4] + "AAAA")
