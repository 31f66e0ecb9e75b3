"""NAS-Bench-301's configuration dictionaries: one key an edge that is there, one key a choice of sources.

Edges of a cell are numbered by target, then source: step 0 has edges 0, 1 (from sources 0, 1), step 1 has
2, 3, 4, step 2 has 5..8, step 3 has 9..13. `edge_normal_7` names the operation on an edge that is there;
`inputs_node_normal_4` holds the two sources of node 4, that is step 2, as "0_2". Step 0 has no choice and no
such key. Keys of the training set-up, which the benchmark stores beside these, are not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from archenc.errors import InvalidArchitecture
from archenc.spaces.darts_text import shown

PREFIX = "NetworkSelectorDatasetInfo:darts:"

_FIRST_EDGE = (0, 2, 5, 9)
_N_EDGES = 14
_KEY = re.compile(r"(edge|inputs_node)_(\w+?)_([0-9]{1,3})")


def read(config: Mapping[Any, Any], cells: Sequence[str]) -> dict[str, list[tuple[int, Any]]] | None:
    """Return the eight pairs (source, operation) of each cell, or None if no key is of this kind.

    Operations are not checked here. A key with value None counts as absent: that is how inactive
    hyperparameters are written. "_COLON_" for ":" is read, too. Raises InvalidArchitecture.
    """
    entries: dict[tuple[str, str, int], Any] = {}
    for key, value in config.items():
        match = _KEY.fullmatch(_without_prefix(key))
        if match is not None and value is not None:
            what, cell, number = match.groups()
            entries[what, cell, int(number)] = value
    if not entries:
        return None
    pairs = {cell: _cell(entries, cell) for cell in cells}
    if entries:
        what, cell, number = next(iter(entries))
        raise InvalidArchitecture(
            f"{PREFIX}{what}_{cell}_{number} is given, but belongs to no chosen edge: a cell has the edges "
            f"from the sources that {PREFIX}inputs_node_normal_3 and so on name"
        )
    return pairs


def write(code: Mapping[str, Sequence[tuple[int, int]]], names: Sequence[str]) -> dict[str, str]:
    """Return the configuration of a code, edges first; the inverse of `read`."""
    edges, inputs = {}, {}
    for cell, pairs in code.items():
        for step, first in enumerate(_FIRST_EDGE):
            two = pairs[2 * step : 2 * step + 2]
            edges |= {f"{PREFIX}edge_{cell}_{first + source}": names[member] for source, member in two}
            if step > 0:
                inputs[f"{PREFIX}inputs_node_{cell}_{step + 2}"] = "_".join(str(source) for source, _ in two)
    return edges | inputs


def _without_prefix(key: object) -> str:
    text = (key[:100] if isinstance(key, str) else "").replace("_COLON_", ":")
    return text[len(PREFIX) :] if text.startswith(PREFIX) else ""


def _cell(entries: dict[tuple[str, str, int], Any], cell: str) -> list[tuple[int, Any]]:
    """Take the entries of one cell out of `entries`."""
    pairs: list[tuple[int, Any]] = []
    for step, first in enumerate(_FIRST_EDGE):
        sources = [0, 1] if step == 0 else _sources(entries, cell, step)
        for source in sources:
            operation = entries.pop(("edge", cell, first + source), None)
            if operation is None:
                raise InvalidArchitecture(
                    f"the configuration lacks {PREFIX}edge_{cell}_{first + source}, the operation from "
                    f"source {source} to node {step + 2}"
                )
            if not isinstance(operation, str):
                raise InvalidArchitecture(
                    f"{PREFIX}edge_{cell}_{first + source} is {shown(operation)}; expected an operation name"
                )
            pairs.append((source, operation))
    return pairs


def _sources(entries: dict[tuple[str, str, int], Any], cell: str, step: int) -> list[int]:
    key = f"{PREFIX}inputs_node_{cell}_{step + 2}"
    value = entries.pop(("inputs_node", cell, step + 2), None)
    match = re.fullmatch(r"([0-9])_([0-9])", value) if isinstance(value, str) else None
    if match is None:
        found = "the configuration lacks it" if value is None else f"it is {shown(value)}"
        raise InvalidArchitecture(f'{key}: expected two sources such as "0_1"; {found}')
    sources = [int(source) for source in match.groups()]
    if max(sources) > step + 1 or sources[0] == sources[1]:
        raise InvalidArchitecture(
            f'{key} is {value!r}; legal: two different sources of 0..{step + 1}, such as "0_1"'
        )
    return sources
