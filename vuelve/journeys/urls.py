from django.urls import path

from vuelve.journeys import views

urlpatterns = [
    path("s/<slug:shop_slug>/journeys/", views.journeys, name="journeys"),
    path("s/<slug:shop_slug>/journeys/<slug:key>", views.journey, name="journey"),
    path("s/<slug:shop_slug>/journeys/<slug:key>/status", views.set_status, name="journey_status"),
]
