from django.urls import path
from django.utils.translation import gettext_lazy as _

from vuelve.journeys import views
from vuelve.platform.extension import NavItem

NAVIGATION = NavItem(label=_("Journeys"), url_name="journeys", icon="map", order=40)

urlpatterns = [
    path("s/<slug:shop_slug>/journeys/", views.journeys, name="journeys"),
    path("s/<slug:shop_slug>/journeys/<slug:key>", views.journey, name="journey"),
    path("s/<slug:shop_slug>/journeys/<slug:key>/status", views.set_status, name="journey_status"),
]
