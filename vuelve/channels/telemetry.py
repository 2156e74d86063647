"""Counters of sending, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

SENT = Counter("vuelve_messages_sent_total", "Messages that a provider took.", ["channel", "provider"])
WITHHELD = Counter("vuelve_messages_withheld_total", "Messages withheld, by reason.", ["channel", "reason"])
DELAYED = Counter(
    "vuelve_messages_delayed_total", "Messages put off until later, by reason.", ["channel", "reason"]
)
FAILED = Counter(
    "vuelve_messages_failed_total", "Messages that will never be sent, by reason.", ["channel", "reason"]
)
UNKNOWN = Counter(
    "vuelve_messages_unknown_total",
    "Messages of which nobody knows whether they went.",
    ["channel", "provider"],
)
RETRIED = Counter("vuelve_messages_retried_total", "Tries that failed for now.", ["channel", "provider"])
SECONDS = Histogram(
    "vuelve_dispatch_seconds",
    "Time of a batch's stages, in seconds: claim (with gates), prepare, render, write, carry (one message).",
    ["stage"],
)
DUE = Gauge(
    "vuelve_messages_due",
    "Messages that are due and wait for the dispatcher; counted up to 100,000.",
    multiprocess_mode="max",
)
