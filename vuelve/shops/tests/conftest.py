from collections.abc import Iterator

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest) -> Iterator[None]:
    """scrypt takes 60 ms of a core for each password; one test (`real_passwords`) shows that the real one works."""
    if "real_passwords" in request.fixturenames:
        yield
        return
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def real_passwords() -> None:
    """The hasher of the settings."""
