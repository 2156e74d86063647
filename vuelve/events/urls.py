from django.urls import path

from vuelve.events import api

urlpatterns = [
    path("v1/batch", api.batch, name="ingest_batch"),
    path("v1/track", api.track, name="ingest_track"),
    path("v1/identify", api.identify, name="ingest_identify"),
]
