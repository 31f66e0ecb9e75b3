"""Networks: an architecture as the `torch.nn.Module` that its benchmark trained.

`build` makes the module, `count` gives what it costs, `operation_paths` says which submodules
belong to which operation of the cell. A space has one builder, under its name in the entry points
`archenc.networks`. `datasets`, `training` and `benchmark` train small networks, many at once, and make a
table of what was measured. torch is loaded at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.networks.base import Builder as Builder
    from archenc.networks.base import CellCopy as CellCopy
    from archenc.networks.base import Network as Network
    from archenc.networks.base import operation_paths as operation_paths
    from archenc.networks.building import build as build
    from archenc.networks.building import tasks as tasks
    from archenc.networks.counting import Counts as Counts
    from archenc.networks.counting import count as count
    from archenc.networks.modules.graph import ModuleGraph as ModuleGraph
    from archenc.networks.modules.graph import from_module as from_module
    from archenc.networks.modules.graph import trace as trace
    from archenc.networks.op_costs import operation_counts as operation_counts

_HOMES = {
    "Builder": "base",
    "CellCopy": "base",
    "Counts": "counting",
    "ModuleGraph": "modules.graph",
    "Network": "base",
    "build": "building",
    "count": "counting",
    "from_module": "modules.graph",
    "operation_counts": "op_costs",
    "operation_paths": "base",
    "tasks": "building",
    "trace": "modules.graph",
}

__all__ = [
    "Builder",
    "CellCopy",
    "Counts",
    "ModuleGraph",
    "Network",
    "build",
    "count",
    "from_module",
    "operation_counts",
    "operation_paths",
    "tasks",
    "trace",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
