"""The built-in journeys: what is said, to whom, when."""

from datetime import timedelta
from typing import Any

import pytest

from vuelve.channels.contracts import Rendered
from vuelve.channels.dispatch import dispatch_once
from vuelve.channels.rendering import render_message
from vuelve.journeys import builtin, services
from vuelve.journeys.contracts import RunStatus
from vuelve.journeys.models import Journey
from vuelve.journeys.tests.scene import START, Scene
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import MessageId
from vuelve.shops.queries import facts
from vuelve.testing import identify

M02 = "¿Quieres lentes o tripiés? Mira estas opciones — obtén 10% de descuento por tiempo limitado"
# Mid-morning in Mexico City: no message waits for the end of the night.
MORNING = timedelta(hours=1)


def customer(scene: Scene, user: str, locale: str = "es-MX", *, consents: bool = True) -> None:
    identify(
        scene.shop,
        user,
        at=scene.clock.now(),
        received_at=scene.clock.now(),
        traits={"email": f"{user}@mail.example", "firstName": user.title(), "locale": locale},
    )
    if consents:
        scene.track(
            "Consent Granted",
            user,
            properties={"channel": "email", "purpose": "marketing", "wording": "Sí", "source": "checkout"},
        )


def order(scene: Scene, user: str, order_id: str, category: str = "CAMERA", **more: Any) -> None:
    line = {
        "product_id": f"p-{category}",
        "name": "Cámara Réflex",
        "category": category,
        "price": 100,
        "quantity": 1,
    }
    properties = {"order_id": order_id, "currency": "MXN", "total": 100, "products": [line]} | more
    scene.track("Order Completed", user, properties=properties)


def settle(scene: Scene) -> None:
    scene.settle()
    while dispatch_once(clock=scene.clock):
        pass
    scene.settle()


def sent(scene: Scene, template: str) -> list[Rendered]:
    return [
        render_message(shop=scene.id, message=MessageId(message["id"]))
        for message in scene.messages()
        if message["template"] == template and message["status"] in ("accepted", "delivered")
    ]


def test_they_are_installed_once_and_then_left_alone(scene: Scene) -> None:
    installed = services.install_builtins(shop=scene.id)
    assert len(installed) == len(builtin.KEYS)
    with for_shop(scene.id):
        journeys = {journey.key: journey for journey in Journey.objects.filter(shop_id=scene.id)}
    assert journeys.keys() == set(builtin.KEYS)
    assert journeys["thank_you"].name == "Gracias por tu compra"
    services.set_status(shop=scene.id, key="milestones", status="paused", actor="test")
    assert services.install_builtins(shop=scene.id, cross_sell_category="BIKES") == []
    with for_shop(scene.id):
        assert Journey.objects.get(shop_id=scene.id, key="milestones").status == "paused"
        assert (
            Journey.objects.get(shop_id=scene.id, key="cross_sell").live_version_id
            == journeys["cross_sell"].live_version_id
        )


@pytest.mark.parametrize("key", builtin.KEYS)
def test_every_message_speaks_three_languages_and_says_who_may_be_written_to(scene: Scene, key: str) -> None:
    for template in builtin.read(key, facts(scene.id), builtin.CrossSell()).templates:
        assert template.contents.keys() == {"es", "pt-BR", "en"}
        for parts in template.contents.values():
            assert "[[" not in "".join(parts.values())
            has_link = "unsubscribe_url" in parts["mjml"] and "unsubscribe_url" in parts["text"]
            assert has_link == (template.purpose != "transactional")
    purposes = {
        template.key: template.purpose
        for name in builtin.KEYS
        for template in builtin.read(name, facts(scene.id), builtin.CrossSell()).templates
    }
    # Marketing needs opt-in; the stages of an order do not.
    assert {name for name, purpose in purposes.items() if purpose == "marketing"} == {
        "thank_you",
        "cross_sell",
    }


def test_thanks_at_once_for_every_order_and_only_with_consent(scene: Scene) -> None:
    services.install_builtins(shop=scene.id)
    scene.clock.advance(MORNING)
    customer(scene, "ana")
    customer(scene, "luis", "pt-BR")
    customer(scene, "eva", consents=False)
    for user in ("ana", "luis", "eva"):
        order(scene, user, f"order-{user}", "BAG")
    settle(scene)
    thanks = {message.subject: message for message in sent(scene, "thank_you")}
    assert thanks.keys() == {"¡Gracias por tu compra, Ana!", "Obrigado pela sua compra, Luis!"}
    html = thanks["¡Gracias por tu compra, Ana!"].html
    assert "Cámara Réflex" in html
    assert "Lo que puedes esperar de nosotros" in html
    assert "Cancelar suscripción" in html
    # The confirmation of the order is nobody's to refuse.
    assert len(sent(scene, "order_confirmed")) == 3
    order(scene, "ana", "order-ana", "BAG")  # told again under another message id
    settle(scene)
    assert len(sent(scene, "thank_you")) == 2


def test_three_days_after_a_camera_the_offer_with_a_coupon_that_expires(scene: Scene) -> None:
    services.install_builtins(shop=scene.id)
    scene.clock.advance(MORNING)
    for user in ("ana", "luis", "eva"):
        customer(scene, user)
    order(scene, "ana", "A")
    order(scene, "luis", "B", "BAG")
    order(scene, "eva", "C")
    settle(scene)
    scene.clock.advance(timedelta(days=1))
    scene.track("Order Cancelled", "eva", properties={"order_id": "C"})
    settle(scene)
    scene.clock.advance(timedelta(days=2) - timedelta(seconds=1))
    settle(scene)
    assert sent(scene, "cross_sell") == []
    scene.clock.advance(timedelta(seconds=1))
    settle(scene)
    (offer,) = sent(scene, "cross_sell")
    assert offer.subject == M02
    (coupon,) = scene.rows("SELECT * FROM commerce_coupon")
    assert coupon["percent"] == 10
    assert coupon["code"] in offer.html
    assert coupon["code"] in offer.text
    assert M02 in offer.text
    # Seven local days: until the seventh of them is over.
    issued = START + MORNING + timedelta(days=3)
    assert timedelta(days=7) <= coupon["expires_at"] - issued < timedelta(days=8)
    scene.clock.advance(timedelta(days=2))
    order(scene, "ana", "D", "TRIPOD", coupon=coupon["code"])
    settle(scene)
    runs = {
        (run["user_id"], run["entry_key"]): run["status"]
        for run in scene.runs()
        if run["journey_id"] == cross_sell_id(scene)
    }
    assert runs == {("ana", "A"): RunStatus.GOAL, ("eva", "C"): RunStatus.EXITED}


def cross_sell_id(scene: Scene) -> int:
    with for_shop(scene.id):
        return Journey.objects.get(shop_id=scene.id, key="cross_sell").pk


def test_another_category_names_what_was_bought_and_shows_the_options(scene: Scene) -> None:
    services.install_builtins(
        shop=scene.id,
        cross_sell_category="BIKES & MORE",
        cross_sell_complements=None,
        cross_sell_options=[builtin.Option("Casco <L>", "https://shop.example/casco?a=1&b=2")],
    )
    scene.clock.advance(MORNING)
    customer(scene, "ana")
    order(scene, "ana", "A", "BIKES & MORE")
    settle(scene)
    scene.clock.advance(timedelta(days=3))
    settle(scene)
    (offer,) = sent(scene, "cross_sell")
    assert offer.subject.startswith("¿Qué combina con Cámara Réflex? Mira estas opciones — obtén 10%")
    assert 'href="https://shop.example/casco?a=1&amp;b=2"' in offer.html
    assert "Casco &lt;L&gt;" in offer.html
    assert "- Casco <L>: https://shop.example/casco?a=1&b=2" in offer.text


@pytest.mark.parametrize(
    ("field", "cross_sell"),
    [
        ("category", builtin.CrossSell(category="")),
        ("category", builtin.CrossSell(category='a" | upcase }}')),
        ("complements.es", builtin.CrossSell(complements={"es": "{% abort_message %}"})),
        ("options[0].url", builtin.CrossSell(options=(builtin.Option("x", "javascript:alert(1)"),))),
        (
            "options[0].name",
            builtin.CrossSell(options=(builtin.Option("{{ customer }}", "https://a.example"),)),
        ),
    ],
)
def test_parameters_are_texts_and_never_templates(
    scene: Scene, field: str, cross_sell: builtin.CrossSell
) -> None:
    with pytest.raises(VuelveError) as caught:
        builtin.read("cross_sell", facts(scene.id), cross_sell)
    assert (caught.value.code, caught.value.field) == ("bad_parameter", field)


def test_one_message_for_each_stage_of_a_parcel(scene: Scene) -> None:
    services.install_builtins(shop=scene.id)
    scene.clock.advance(MORNING)
    customer(scene, "ana", consents=False)
    order(scene, "ana", "A")
    settle(scene)
    tracking = "https://carrier.example/t/1?x=1&y=2"
    for status in ("packed", "in_transit", "out_for_delivery", "in_transit", "delivered", "delivered"):
        scene.clock.advance(timedelta(hours=1))
        scene.track(
            "Shipment Updated",
            "ana",
            properties={
                "order_id": "A",
                "shipment_id": "1",
                "status": status,
                "carrier": "Estafeta",
                "tracking_url": tracking,
                "eta_date": "2026-03-05",
            },
        )
        settle(scene)
    assert [
        message["template"] for message in scene.messages() if message["template"].startswith("order_")
    ] == [
        "order_confirmed",
        "order_packed",
        "order_in_transit",
        "order_out_for_delivery",
        "order_delivered",
    ]
    (in_transit,) = sent(scene, "order_in_transit")
    assert "Rastrear mi pedido" in in_transit.html
    assert 'href="https://carrier.example/t/1?x=1&amp;y=2"' in in_transit.html
    assert "Estafeta" in in_transit.text
    assert "5 de marzo de 2026" in in_transit.text
    (delivered,) = sent(scene, "order_delivered")
    assert "Calificar mi entrega" in delivered.html
    assert "Rastrear" not in delivered.html
    assert "Cancelar suscripción" not in delivered.html
