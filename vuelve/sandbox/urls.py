from django.urls import path

from vuelve.sandbox import views

urlpatterns = [
    path("s/<slug:shop_slug>/settings/sandbox", views.sandbox, name="sandbox"),
    path("s/<slug:shop_slug>/settings/sandbox/make", views.make, name="sandbox_make"),
    path("s/<slug:shop_slug>/settings/sandbox/fill", views.fill, name="sandbox_fill"),
    path("s/<slug:shop_slug>/settings/sandbox/reset", views.reset, name="sandbox_reset"),
]
