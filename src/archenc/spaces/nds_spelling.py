"""The spellings of an NDS architecture: a record of the official files, or what in it is of the network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.darts_text import read_literal
from archenc.spaces.genotype_cell import Pair
from archenc.spaces.native import integer, plain, shown

STYLES = ("native", "record")
NATIVE_NAMES = {
    "none": "none",
    "skip": "skip_connect",
    "conv1x1": "conv_1x1",
    "conv3x3": "conv_3x3",
    "avg_pool3x3": "avg_pool_3x3",
    "max_pool3x3": "max_pool_3x3",
    "max_pool5x5": "max_pool_5x5",
    "max_pool7x7": "max_pool_7x7",
    "sep_conv3x3": "sep_conv_3x3",
    "sep_conv5x5": "sep_conv_5x5",
    "sep_conv7x7": "sep_conv_7x7",
    "dil_conv3x3": "dil_conv_3x3",
    "dil_conv5x5": "dil_conv_5x5",
    "dil_sep_conv3x3": "dil_sep_conv_3x3",
    "conv3x1_1x3": "conv_3x1_1x3",
    "conv7x1_1x7": "conv_7x1_1x7",
}
LARGEST = 4096
"""Of a width or a depth: enough for any network, and little enough for any memory."""


class Genotype(NamedTuple):
    """Pairs (state, operation), two a block, and the states that the output concatenates, of both cells."""

    normal: tuple[Pair, ...]
    normal_concat: tuple[int, ...]
    reduce: tuple[Pair, ...]
    reduce_concat: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Everything that a record says of a network; lr and wd where the space has them."""

    genotype: Genotype
    width: int
    depth: int
    lr: float | None = None
    wd: float | None = None

    @property
    def attributes(self) -> dict[str, float | int]:
        """What lies outside the cells."""
        found = {"width": self.width, "depth": self.depth, "lr": self.lr, "wd": self.wd}
        return {name: value for name, value in found.items() if value is not None}


def read(native: object, ops: Sequence[str], blocks: int, *, trains: bool) -> Code:
    """Return the code of a spelling. Raises InvalidArchitecture, which shows a legal form."""
    forms = _forms(ops, blocks, trains=trains)
    try:
        value: Any = read_literal(native) if isinstance(native, str) else plain(native)
        if not isinstance(value, Mapping):
            raise InvalidArchitecture(f"cannot read an architecture from {shown(native)}")
        net, optim = value.get("net", value), value.get("optim", value)
        if not isinstance(net, Mapping) or not isinstance(optim, Mapping):
            raise InvalidArchitecture('"net" and "optim" must be dictionaries')
        genotype = net.get("genotype")
        if not isinstance(genotype, Mapping) or not {*Genotype._fields} <= set(genotype):
            raise InvalidArchitecture(f"genotype is {shown(genotype)}; needed: {', '.join(Genotype._fields)}")
        cells: list[Any] = []
        for name in ("normal", "reduce"):
            cells.append(_pairs(genotype[name], name, ops, blocks))
            cells.append(_states(genotype[f"{name}_concat"], f"{name}_concat", blocks))
        attributes = {name: net.get(name) for name in ("width", "depth")}
        if trains:
            attributes |= {"lr": optim.get("base_lr", optim.get("lr")), "wd": optim.get("wd")}
        return checked(Genotype(*cells), attributes, trains=trains)
    except InvalidArchitecture as error:
        raise InvalidArchitecture(f"{error}; {forms}") from error


def checked(genotype: Genotype, attributes: Mapping[str, Any], *, trains: bool) -> Code:
    """Return the code of a genotype with checked attributes. Raises InvalidArchitecture."""
    sizes = []
    for name in ("width", "depth"):
        size = integer(attributes.get(name))
        if size is None or not 1 <= size <= LARGEST:
            raise InvalidArchitecture(f"{name} is {shown(attributes.get(name))}; legal: 1..{LARGEST}")
        sizes.append(size)
    rates: list[float | None] = [None, None]
    if trains:
        rates = []
        for name in ("lr", "wd"):
            rate = plain(attributes.get(name))
            number = isinstance(rate, (int, float)) and not isinstance(rate, bool)
            if not number or not isfinite(rate) or not 0 < rate < LARGEST:  # type: ignore[arg-type]
                raise InvalidArchitecture(f"{name} is {shown(rate)}; legal: a positive number")
            rates.append(float(rate))  # type: ignore[arg-type]
    return Code(genotype, sizes[0], sizes[1], rates[0], rates[1])


def write(code: Code, style: str, ops: Sequence[str], *, trains: bool) -> str:
    """Write a code in one of `STYLES`, as JSON. Raises InvalidArgument."""
    if style not in STYLES:
        raise InvalidArgument(f"style={style!r}; legal: {', '.join(STYLES)}")
    names: Any = [NATIVE_NAMES[member] for member in ops]
    genotype: dict[str, Any] = {}
    for name in Genotype._fields:
        items: Any = getattr(code.genotype, name)
        pairs = not name.endswith("_concat")
        genotype[name] = [[names[member], state] for state, member in items] if pairs else list(items)
    net = {"genotype": genotype, "width": code.width, "depth": code.depth}
    rates = {"lr": code.lr, "wd": code.wd} if trains else {}
    if style == "native":
        return json.dumps({**net, **rates})
    optim = {"base_lr": code.lr, "wd": code.wd} if trains else {}
    return json.dumps({"net": net, "optim": optim})


def _pairs(cell: object, name: str, ops: Sequence[str], blocks: int) -> tuple[Pair, ...]:
    if not isinstance(cell, (list, tuple)) or len(cell) != 2 * blocks:
        raise InvalidArchitecture(f"{name} is {shown(cell)}; expected {2 * blocks} pairs")
    legal = {NATIVE_NAMES[member]: place for place, member in enumerate(ops)}
    pairs = []
    for slot, pair in enumerate(cell):
        given = pair if isinstance(pair, (list, tuple)) and len(pair) == 2 else (None, None)
        member = legal.get(given[0]) if isinstance(given[0], str) else None
        state = integer(given[1])
        if member is None or state is None or not 0 <= state < slot // 2 + 2:
            raise InvalidArchitecture(
                f"pair {slot} of {name} is {shown(pair)}; legal: one of {', '.join(legal)}, with a source "
                f"0..{slot // 2 + 1}"
            )
        pairs.append((state, member))
    return tuple(pairs)


def _states(concat: object, name: str, blocks: int) -> tuple[int, ...]:
    given = [integer(state) for state in concat] if isinstance(concat, (list, tuple, range)) else []
    states = sorted({state for state in given if state is not None and 0 <= state < blocks + 2})
    if not states or len(states) != len(given):
        raise InvalidArchitecture(
            f"{name} is {shown(concat)}; expected different states of 0..{blocks + 1}, at least one"
        )
    return tuple(states)


def _forms(ops: Sequence[str], blocks: int, *, trains: bool) -> str:
    cell = [[NATIVE_NAMES[ops[slot % len(ops)]], slot % 2] for slot in range(2 * blocks)]
    concat = list(range(2, blocks + 2))
    genotype = {"normal": cell, "normal_concat": concat, "reduce": cell, "reduce_concat": concat}
    example = {"genotype": genotype, "width": 16, "depth": 20, **({"lr": 0.1, "wd": 5e-4} if trains else {})}
    return f"legal: the dictionary, or the text, {json.dumps(example)}"
