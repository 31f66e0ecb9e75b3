"""The published settings, by the form of a space: NAS-Bench-101, -201 and -301 stand for one form each.

Ning et al., GATES (ECCV 2020) and TA-GATES (NeurIPS 2022). GATES on NAS-Bench-301 was not published; it takes
the sizes of TA-GATES there, and reads the hidden nodes.
"""

from __future__ import annotations

from typing import Any

from archenc.predictors.gated.tensors import Form

_SMALL = {"op_width": 48, "node_width": 48, "state_width": 96, "flow_width": 128}
_TWO = {"op_width": 32, "node_width": 32, "state_width": 32, "flow_width": 64, "layers": 5}
GATES: dict[Form, dict[str, Any]] = {
    "nodes": dict(_SMALL, layers=5, residual="all", plus_i=False, read_out="paper", head=(200,)),
    "edges": dict(
        _SMALL, layers=5, residual=1, read_out="output", head=(300, 300, 300, 300, 300), other_frozen=True
    ),
    "two_inputs": dict(
        _TWO,
        residual=2,
        read_out="mean",
        head=(200,),
        other_frozen=True,
        open_rows=("skip",),
        frozen_rows=("none", "skip"),
    ),
}

TA_GATES: dict[Form, dict[str, Any]] = {
    "nodes": dict(
        _SMALL,
        timesteps=3,
        layers=5,
        residual=1,
        plus_i=True,
        read_out="paper",
        head=(200,),
        update="all",
        update_input="node",
        update_width=128,
        symmetry="add",
        feature_scale=0.1,
    ),
    "edges": dict(
        _SMALL,
        timesteps=4,
        layers=3,
        residual=1,
        read_out="output",
        head=(300, 300, 300, 300, 300),  # or (200,): both are published, and this ranks better
        other_frozen=True,
        open_rows=("skip",),
        update="conv",
        update_input="message",
        update_width=128,
        symmetry="concat",
    ),
    "two_inputs": dict(
        _TWO,
        timesteps=4,
        residual=2,
        read_out="output",
        head=(200,),
        other_frozen=True,
        open_rows=("skip",),
        frozen_rows=("none", "skip"),
        update="conv",
        update_input="node",
        update_width=64,
        symmetry="add",
        feature_scale=1.0,
    ),
}

TRAINING: dict[Form, dict[str, int]] = {
    "nodes": {"batch_size": 512, "pairs": 4},
    "edges": {"batch_size": 512, "pairs": 4},
    "two_inputs": {"batch_size": 128, "pairs": 16},
}
