"""Addresses of the pages for developers, and their sections of the page "Data"."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.events.views import connect, live, refused, schema
from vuelve.platform.extension import NavItem

TABS = [
    NavItem(label=_("Live"), url_name="data_live", icon="signal", order=10),
    NavItem(label=_("Refused"), url_name="data_refused", icon="no-symbol", order=20),
    NavItem(label=_("Schema"), url_name="data_schema", icon="squares-2x2", order=30),
    NavItem(label=_("Connect"), url_name="data_connect", icon="link", order=40),
]

_DATA = "s/<slug:shop_slug>/data/"

urlpatterns = [
    path(f"{_DATA}live/", live.live, name="data_live"),
    path(f"{_DATA}live/new", live.live_new, name="data_live_new"),
    path(f"{_DATA}live/<int:xid>-<int:seq>", live.event, name="data_event"),
    path(f"{_DATA}refused/", refused.refused, name="data_refused"),
    path(f"{_DATA}refused/set-aside", refused.set_aside, name="data_set_aside"),
    path(f"{_DATA}refused/try-again", refused.take_again, name="data_take_again"),
    path(f"{_DATA}refused/without-effect", refused.without_effect, name="data_without_effect"),
    path(f"{_DATA}schema/", schema.names, name="data_schema"),
    path(f"{_DATA}schema/event", schema.name, name="data_schema_name"),
    path(f"{_DATA}schema/type", schema.confirm_type, name="data_schema_type"),
    path(f"{_DATA}connect/", connect.connect, name="data_connect"),
    path(f"{_DATA}connect/orders", connect.guard, name="data_guard"),
    path(f"{_DATA}connect/test/<slug:message_id>", connect.arrival, name="data_arrival"),
]
