"""Publishing: what is refused changes nothing; what is taken is for good."""

from typing import Any

import psycopg
import pytest

from vuelve.journeys import services
from vuelve.journeys.models import Journey, Status, Version
from vuelve.journeys.tests.scene import END, Scene, send, trigger, wait
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError

PLAIN = {"wait": wait("end", days=1), "end": END}


def published(scene: Scene) -> list[tuple[str, int]]:
    with for_shop(scene.id):
        return list(Version.objects.order_by("pk").values_list("journey__key", "number"))


def test_the_same_graph_is_the_same_version(scene: Scene) -> None:
    first = scene.publish(PLAIN, first="wait")
    again = scene.publish(PLAIN, first="wait", exits=[], goal=None)
    other = scene.publish({"wait": wait("end", days=2), "end": END}, first="wait")
    back = scene.publish(PLAIN, first="wait")
    assert (again.pk, back.pk) == (first.pk, first.pk)
    assert (first.number, other.number) == (1, 2)
    with for_shop(scene.id):
        assert Journey.objects.get(key="journey").live_version_id == first.pk
    assert [action for action, _actor in scene.audit()] == ["Journey Published"] * 3


BAD: list[tuple[str, str, dict[str, Any]]] = [
    ("missing_template", "steps.send.config.template", {"send": send("nothing"), "end": END}),
    ("graph_unknown_step_type", "steps.send.type", {"send": {"type": "teleport"}}),
    ("bad_step", "steps.send.config.days", {"send": wait("end", days=0), "end": END}),
    ("bad_step", "steps.send.config.days", {"send": wait("end", days=367), "end": END}),
    ("bad_step", "steps.send.config", {"send": wait("end", days=1, seconds=1), "end": END}),
    ("bad_step", "steps.send.config.weeks", {"send": wait("end", weeks=1), "end": END}),
    ("bad_step", "steps.send.config.loud", {"send": {"type": "exit", "config": {"loud": True}}}),
    ("graph_cycle", "steps.send", {"send": wait("send", days=1)}),
    ("graph_dangling_edge", "steps.send.next.done", {"send": wait("gone", days=1)}),
    (
        "bad_step",
        "steps.send.config.branches",
        {"send": {"type": "split", "config": {"branches": []}, "next": {"otherwise": "end"}}, "end": END},
    ),
    (
        "bad_step",
        "steps.send.config.branches[0].name",
        {
            "send": {
                "type": "split",
                "config": {"branches": [{"name": "otherwise", "conditions": trigger("a", "b")}]},
                "next": {"otherwise": "end"},
            },
            "end": END,
        },
    ),
    (
        "unknown_condition",
        "steps.send.config.branches[0].conditions.type",
        {
            "send": {
                "type": "split",
                "config": {"branches": [{"name": "a", "conditions": {"type": "horoscope"}}]},
                "next": {"a": "end", "otherwise": "end"},
            },
            "end": END,
        },
    ),
]


@pytest.mark.parametrize(("code", "field", "steps"), BAD)
def test_what_is_refused_changes_nothing(scene: Scene, code: str, field: str, steps: dict[str, Any]) -> None:
    with pytest.raises(VuelveError) as caught:
        scene.publish(steps, first="send")
    assert (caught.value.code, caught.value.field) == (code, field)
    assert published(scene) == []
    assert scene.rows("SELECT * FROM journeys_journey") == []
    assert scene.audit() == []


def test_a_bad_condition_of_the_entry_is_named_by_its_path(scene: Scene) -> None:
    with pytest.raises(VuelveError) as caught:
        scene.publish(PLAIN, first="wait", conditions={"all": [{"type": "horoscope"}]})
    assert caught.value.field == "entry.conditions.all[0].type"


@pytest.mark.parametrize("key", ["", "Journey", "1st", "a b", "x" * 61])
def test_a_bad_key_is_refused(scene: Scene, key: str) -> None:
    with pytest.raises(VuelveError) as caught:
        scene.publish(PLAIN, first="wait", key=key)
    assert caught.value.code == "bad_key"


def test_a_published_graph_cannot_be_changed(scene: Scene) -> None:
    version = scene.publish(PLAIN, first="wait")
    with pytest.raises(psycopg.errors.RestrictViolation), for_shop(scene.id) as cursor:
        cursor.execute("UPDATE journeys_version SET graph = '{}' WHERE shop_id = %s", [scene.id])
    with for_shop(scene.id):
        assert Version.objects.get(pk=version.pk).graph == version.graph


def test_pause_resume_archive_and_back(scene: Scene) -> None:
    scene.publish(PLAIN, first="wait")
    for status in ("paused", "live", "live", "archived"):
        services.set_status(shop=scene.id, key="journey", status=status, actor="eva@shop.example")
    assert scene.audit() == [
        ("Journey Published", "test"),
        ("Journey Paused", "eva@shop.example"),
        ("Journey Resumed", "eva@shop.example"),
        ("Journey Archived", "eva@shop.example"),
    ]
    with pytest.raises(VuelveError) as caught:
        services.set_status(shop=scene.id, key="journey", status="live", actor="test")
    assert (caught.value.code, caught.value.status) == ("bad_status_change", 409)
    scene.publish(PLAIN, first="wait")
    with for_shop(scene.id):
        assert Journey.objects.get(key="journey").status == Status.LIVE


def test_publishing_does_not_wake_a_paused_journey(scene: Scene) -> None:
    scene.publish(PLAIN, first="wait")
    services.set_status(shop=scene.id, key="journey", status="paused", actor="test")
    version = scene.publish({"wait": wait("end", days=2), "end": END}, first="wait")
    with for_shop(scene.id):
        journey = Journey.objects.get(key="journey")
    assert (journey.status, journey.live_version_id) == (Status.PAUSED, version.pk)


@pytest.mark.parametrize(
    ("key", "status", "code"), [("other", "paused", "not_found"), ("journey", "on", "bad_status")]
)
def test_a_wrong_status_change_is_refused(scene: Scene, key: str, status: str, code: str) -> None:
    scene.publish(PLAIN, first="wait")
    with pytest.raises(VuelveError) as caught:
        services.set_status(shop=scene.id, key=key, status=status, actor="test")
    assert caught.value.code == code
    assert scene.audit() == [("Journey Published", "test")]
