"""Runs of journeys, for the lake."""

from vuelve.platform.extension import LakeTable, LakeType

_W = LakeType.WHOLE
_S = LakeType.SMALL
_T = LakeType.TEXT
_I = LakeType.TIME

LAKE = (
    LakeTable(
        "runs",
        "journeys_run",
        {
            "id": _W,
            "journey_id": _W,
            "version_id": _W,
            "status": _S,
            "step_key": _T,
            "entered_step_at": _I,
            "entered_at": _I,
            "ended_at": _I,
            "end_reason": _T,
        },
    ),
)
