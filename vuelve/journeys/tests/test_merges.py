"""Runs go with their customer when two turn out to be one."""

from vuelve.customers.contracts import Identifier, IdentifierKind
from vuelve.customers.services.separating import rejoin, separate
from vuelve.journeys.contracts import RunStatus
from vuelve.journeys.tests.scene import END, Scene, wait
from vuelve.testing import identify, track

STEPS = {"wait": wait("end", days=5), "end": END}


def visit(scene: Scene, anonymous: str, name: str, **more: object) -> None:
    track(
        scene.shop,
        name,
        anonymous_id=anonymous,
        at=scene.clock.now(),
        received_at=scene.clock.now(),
        **more,  # type: ignore[arg-type]
    )


def sign_in(scene: Scene, user: str, anonymous: str) -> None:
    identify(
        scene.shop,
        user,
        at=scene.clock.now(),
        received_at=scene.clock.now(),
        anonymous_id=anonymous,
        traits={},
    )


def test_a_run_moves_to_who_the_customer_is_now(scene: Scene) -> None:
    scene.publish(STEPS, first="wait", event="Cart Viewed", exits=[{"event": "Order Completed"}])
    identify(scene.shop, "ana", at=scene.clock.now(), received_at=scene.clock.now(), traits={})
    visit(scene, "device", "Cart Viewed")
    scene.settle()
    (before,) = scene.runs()
    assert before["user_id"] is None
    sign_in(scene, "ana", "device")
    scene.settle()
    (after,) = scene.runs()
    assert (after["id"], after["user_id"], after["status"]) == (before["id"], "ana", RunStatus.ACTIVE)
    scene.after(hours=1)
    scene.track("Order Completed", "ana")
    scene.settle()
    assert scene.run()["status"] == RunStatus.EXITED


def test_of_two_runs_under_one_key_the_older_stays(scene: Scene) -> None:
    scene.publish(STEPS, first="wait", event="Cart Viewed")
    visit(scene, "device", "Cart Viewed")
    scene.settle()
    scene.after(hours=1)
    scene.track("Cart Viewed", "ana")
    scene.settle()
    older, younger = scene.runs()
    sign_in(scene, "ana", "device")
    scene.settle()
    runs = {run["id"]: run for run in scene.runs()}
    assert {run["user_id"] for run in runs.values()} == {"ana"}
    assert runs[older["id"]]["status"] == RunStatus.ACTIVE
    assert (runs[younger["id"]]["status"], runs[younger["id"]]["end_reason"]) == (RunStatus.EXITED, "merged")
    assert scene.tally()["wait", "exited"] == 1
    # Still once in a life: neither comes back by another event.
    scene.track("Cart Viewed", "ana")
    scene.settle()
    assert len(scene.runs()) == 2
    scene.after(days=6)
    assert runs.keys() == {run["id"] for run in scene.runs()}
    assert scene.tally()["end", "finished"] == 1


def test_a_run_goes_back_when_the_merge_is_undone(scene: Scene) -> None:
    scene.publish(STEPS, first="wait", event="Cart Viewed", exits=[{"event": "Order Completed"}])
    visit(scene, "device", "Cart Viewed")
    scene.settle()
    (alone,) = scene.runs()
    scene.after(hours=1)
    scene.track("Cart Viewed", "ana")
    scene.settle()
    sign_in(scene, "ana", "device")
    scene.settle()
    ana = next(run for run in scene.runs() if run["user_id"] == "ana")["customer_id"]
    link = {
        "identifier": Identifier(scene.id, IdentifierKind.ANONYMOUS, "device"),
        "owner": ana,
        "actor": "staff",
    }
    separate(shop=scene.id, now=scene.clock.now(), **link)
    scene.settle()
    back, ended = scene.runs()
    assert (back["id"], back["customer_id"], back["status"]) == (
        alone["id"],
        alone["customer_id"],
        RunStatus.ACTIVE,
    )
    # Ana's own run met an older one while they were one. It stays with her, ended.
    assert (ended["customer_id"], ended["status"], ended["end_reason"]) == (ana, RunStatus.EXITED, "merged")
    scene.track("Order Completed", "ana")
    scene.settle()
    assert scene.runs()[0]["status"] == RunStatus.ACTIVE  # it is not hers
    rejoin(shop=scene.id, now=scene.clock.now(), **link)
    scene.settle()
    assert {run["customer_id"] for run in scene.runs()} == {ana}
    assert scene.runs()[0]["status"] == RunStatus.ACTIVE


def test_an_event_from_outside_that_claims_a_merge_moves_nothing(scene: Scene) -> None:
    scene.publish(STEPS, first="wait")
    scene.track("Order Completed", "ana")
    scene.track("Order Completed", "luis")
    scene.settle()
    ana, luis = scene.runs()
    claim = {"from_id": ana["customer_id"], "into_id": luis["customer_id"]}
    scene.track("Customers Merged", "luis", properties=claim)
    scene.track("Customers Merged", "luis", properties={"from_id": "x' OR 1=1", "into_id": None})
    scene.settle()
    assert [run["customer_id"] for run in scene.runs()] == [ana["customer_id"], luis["customer_id"]]
    assert {run["status"] for run in scene.runs()} == {RunStatus.ACTIVE}
