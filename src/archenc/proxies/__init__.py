"""Proxies: scores of an untrained network, of its layers, of its operations, of a whole space.

A proxy is one entry point in the group `archenc.proxies`. torch is loaded at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy
from archenc.suite_zero import PROXIES

if TYPE_CHECKING:
    from archenc.proxies.base import Proxy as Proxy
    from archenc.proxies.base import Undefined as Undefined
    from archenc.proxies.base import proxies as proxies
    from archenc.proxies.base import proxy as proxy
    from archenc.proxies.base import register as register
    from archenc.proxies.inputs import Inputs as Inputs
    from archenc.proxies.operation_table import OperationScores as OperationScores
    from archenc.proxies.operation_table import operation_scores as operation_scores
    from archenc.proxies.scoring import SALIENCIES as SALIENCIES
    from archenc.proxies.scoring import Scored as Scored
    from archenc.proxies.scoring import layer_scores as layer_scores
    from archenc.proxies.scoring import op_scores as op_scores
    from archenc.proxies.scoring import score as score
    from archenc.proxies.whole_operations import score_operations as score_operations
    from archenc.proxies.whole_space import score_space as score_space

_HOMES = {
    "Inputs": "inputs",
    "OperationScores": "operation_table",
    "Proxy": "base",
    "SALIENCIES": "scoring",
    "Scored": "scoring",
    "Undefined": "base",
    "layer_scores": "scoring",
    "op_scores": "scoring",
    "operation_scores": "operation_table",
    "proxies": "base",
    "proxy": "base",
    "register": "base",
    "score": "scoring",
    "score_operations": "whole_operations",
    "score_space": "whole_space",
}

__all__ = [
    "PROXIES",
    "SALIENCIES",
    "Inputs",
    "OperationScores",
    "Proxy",
    "Scored",
    "Undefined",
    "layer_scores",
    "op_scores",
    "operation_scores",
    "proxies",
    "proxy",
    "register",
    "score",
    "score_operations",
    "score_space",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
