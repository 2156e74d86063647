"""The dispatcher with the mailbox: what becomes of messages, and what must not."""

from datetime import timedelta
from typing import Any

import pytest

from vuelve.channels import services
from vuelve.channels.dispatch import Dispatcher
from vuelve.channels.rendering import render_message
from vuelve.channels.tests.samples import (
    NOON,
    add_customer,
    contents,
    dispatch,
    message,
    publish,
    queue,
    told,
)
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.ids import MessageId, ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop, track


def test_a_message_is_rendered_kept_and_told(shop: Shop) -> None:
    version = publish(
        shop, parts=contents(subject="Hola desde {{ shop.name }}", body="{{ shop.name }} <b>x</b>")
    )
    customer = add_customer(shop)
    pk = queue(shop, customer, version)
    assert dispatch(NOON) == 1
    row = message(shop, pk)
    assert (row["status"], row["provider"], row["reason"]) == ("delivered", "mailbox", None)
    assert row["subject"] == "Hola desde Tienda de Prueba"
    assert (row["sent_at"], row["finished_at"], row["attempts"]) == (NOON, NOON, 1)
    assert row["locale"] == "es-MX"
    assert row["data"]["shop"] == {"name": "Tienda de Prueba"}
    assert [name for name, _ in told(shop)] == ["Message Sent"]
    assert told(shop)[0][1]["message_id"] == str(pk)
