"""Who lost phone and codes is let in by whoever runs the server."""

from allauth.mfa.models import Authenticator

from vuelve.cli.init import sign_in_url
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.shops.tests.test_accounts import actions, is_in, with_code_app


def test_with_the_second_factor_forgotten(shop: Shop) -> None:
    member = make_member(shop, locale="en")
    with_code_app(member)
    kept = browser_of()
    assert kept.get(sign_in_url(email=member.email, base_url=""))["Location"] == "/sign-in/second-factor"
    client = browser_of()
    address = sign_in_url(email=member.email, base_url="", is_without_second_factor=True)
    assert client.get(address)["Location"] == "/"
    assert is_in(client, shop)
    assert not Authenticator.objects.filter(user=member).exists()
    assert "Second Factor Removed" in actions(shop)
