"""Addresses that customers reach without signing in."""

from django.urls import path

from vuelve.channels import views_public

urlpatterns = [path("u/<str:token>", views_public.unsubscribe, name="channels_unsubscribe")]
