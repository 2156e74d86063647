from django.urls import path

from vuelve.platform import http

urlpatterns = [
    path("healthz", http.healthz, name="healthz"),
    path("readyz", http.readyz, name="readyz"),
    path("metrics", http.metrics, name="metrics"),
]
