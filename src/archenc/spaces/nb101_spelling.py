"""The public spellings of a NAS-Bench-101 cell, read and written.

Three numberings of the operations are in use. The score files write 0 input, 1 output, 2 max pooling, 3
conv1x1, 4 conv3x3; the published numeric tables write the labels of the benchmark's hash: -1 input, -2
output, 0 conv3x3, 1 conv1x1, 2 max pooling, and -3 after the output of a cell that is padded to seven nodes.
The first number tells them apart.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.native import shown
from archenc.spaces.nb101_wiring import MAX_NODES, OP_NAMES, Spec, bits_of, edges

OFFICIAL_NAMES = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
STYLES = ("native", "naslib", "matrix", "spec", "codes")
"""The spellings that are written and read back; "hash" is only written."""

_SHORT_NAMES = ("c3", "c1", "mp")
_INPUT, _OUTPUT, _PADDING = "input", "output", "padding"
_POSITION = {name: k for names in (OFFICIAL_NAMES, OP_NAMES, _SHORT_NAMES) for k, name in enumerate(names)}
_SCORE_CODES = {0: _INPUT, 1: _OUTPUT, 2: "max_pool3x3", 3: "conv1x1", 4: "conv3x3"}
_LABELS = {-1: _INPUT, -2: _OUTPUT, -3: _PADDING, 0: "conv3x3", 1: "conv1x1", 2: "max_pool3x3"}
_SCORE_CODE = (4, 3, 2)  # of the positions in OP_NAMES
_LONGEST = 4096
_KEYS = (
    ("matrix", "ops"),
    ("module_adjacency", "module_operations"),
    ("adjacency", "operations"),
)
_FORMS = (
    "legal: '110-01-1|c3,mp' (rows of the upper triangle, then the inner operations c1, c3, mp), "
    "{'matrix': [[0, 1], [0, 0]], 'ops': ['input', 'output']} or the pair or any object of the two, "
    "the flat numbers of the score files such as (0, 1, 0, 0, 0, 1), "
    "or '0100|input,output'; inner operations: " + ", ".join(OFFICIAL_NAMES)
)


def read(native: object) -> Spec:
    """Return the cell of a spelling, dead nodes and all. Raises InvalidArchitecture."""
    if isinstance(native, str):
        return _read_text(native)
    native = _plain(native)
    if isinstance(native, Mapping):
        return _read_mapping(native)
    if isinstance(native, (tuple, list)):
        return _read_sequence(native)
    if hasattr(native, "matrix") and hasattr(native, "ops"):
        return _read_pair(native.matrix, native.ops)  # type: ignore[union-attr]
    raise InvalidArchitecture(f"cannot read an architecture from {type(native).__name__}; {_FORMS}")


def write(spec: Spec, style: str) -> str:
    """Write a cell in one of STYLES. Raises InvalidArgument."""
    if not isinstance(style, str) or style not in _WRITERS:
        raise InvalidArgument(f"style={style!r}; legal: {', '.join(STYLES)}, hash")
    return _WRITERS[style](spec)


def matrix(spec: Spec) -> list[list[int]]:
    """Return the adjacency matrix, n rows of n zeros and ones."""
    rows = [[0] * spec.n for _ in range(spec.n)]
    for source, target in edges(spec.n, spec.bits):
        rows[source][target] = 1
    return rows


def _write_native(spec: Spec) -> str:
    rows = matrix(spec)
    triangle = "-".join("".join(map(str, rows[i][i + 1 :])) for i in range(spec.n - 1))
    return f"{triangle}|{','.join(_SHORT_NAMES[k] for k in spec.ops)}"


def _write_naslib(spec: Spec) -> str:
    flat = [bit for row in matrix(spec) for bit in row]
    return str((*flat, 0, *(_SCORE_CODE[k] for k in spec.ops), 1))


def _write_matrix(spec: Spec) -> str:
    return f"{''.join(str(bit) for row in matrix(spec) for bit in row)}|{','.join(_official(spec))}"


def _write_spec(spec: Spec) -> str:
    return json.dumps({"matrix": matrix(spec), "ops": _official(spec)})


def _write_codes(spec: Spec) -> str:
    extra = MAX_NODES - spec.n
    rows = [[*row, *[0] * extra] for row in matrix(spec)] + [[0] * MAX_NODES] * extra
    return json.dumps({"operations": [-1, *spec.ops, -2, *[-3] * extra], "adjacency": rows})


_WRITERS: dict[str, Callable[[Spec], str]] = {
    "native": _write_native,
    "naslib": _write_naslib,
    "matrix": _write_matrix,
    "spec": _write_spec,
    "codes": _write_codes,
}


def _official(spec: Spec) -> list[str]:
    return [_INPUT, *(OFFICIAL_NAMES[k] for k in spec.ops), _OUTPUT]


def _plain(value: Any) -> Any:
    """Return arrays and their scalars as plain lists and numbers; everything else as it is."""
    return value.tolist() if hasattr(value, "tolist") and not isinstance(value, type) else value


def _read_text(text: str) -> Spec:
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        raise InvalidArchitecture(
            f"a text of {len(stripped)} characters is no cell of {MAX_NODES} nodes; {_FORMS}"
        )
    if stripped[:1] + stripped[-1:] == "{}":
        return _read_mapping(_json(stripped))
    if stripped[:1] + stripped[-1:] in ("()", "[]"):
        return _read_sequence(_json(f"[{stripped[1:-1].rstrip().removesuffix(',')}]"))
    if re.fullmatch(r"[01]+(-[01]+)*\|[^|]*", stripped):
        digits, names = stripped.split("|")
        names = [name.strip() for name in names.split(",")] if names.strip() else []
        if names[:1] == [_INPUT]:
            return _read_square(digits, names, text)
        return _read_triangle(digits.split("-"), names, text)
    if re.fullmatch(r"[0-9a-fA-F]{32}", stripped):
        raise InvalidArchitecture(
            f"{shown(text)} is the hash of a cell, from which the cell cannot be worked out; look the row up "
            f"in a table, whose keys these hashes are; {_FORMS}"
        )
    raise InvalidArchitecture(f"cannot read the architecture {shown(text)}; {_FORMS}")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArchitecture(f"cannot read the architecture {shown(text)}: {error}; {_FORMS}") from error


def _read_mapping(cell: Mapping[Any, Any]) -> Spec:
    for rows, ops in _KEYS:
        if rows in cell and ops in cell:
            return _read_pair(cell[rows], cell[ops])
    legal = " or ".join(f"{rows!r} with {ops!r}" for rows, ops in _KEYS)
    raise InvalidArchitecture(f"a dictionary needs the keys {legal}; got {shown(list(cell))}; {_FORMS}")


def _read_sequence(items: Sequence[object]) -> Spec:
    items = [_plain(item) for item in items]
    if len(items) == 2 and not any(isinstance(item, (int, float)) for item in items):
        return _read_pair(*items)
    n = next((n for n in range(2, MAX_NODES + 1) if n * n + n == len(items)), None)
    if n is None:
        raise InvalidArchitecture(
            f"{shown(items)} has {len(items)} entries; n x n + n are needed for n nodes, 2 <= n <= "
            f"{MAX_NODES}: 6, 12, 20, 30, 42 or 56; {_FORMS}"
        )
    return _read_pair([items[i * n : i * n + n] for i in range(n)], items[n * n :])


def _read_square(digits: str, names: Sequence[str], text: str) -> Spec:
    n = len(names)
    if "-" in digits or len(digits) != n * n:
        raise InvalidArchitecture(
            f"{shown(text)} has {n} operations, so {n} x {n} = {n * n} digits are needed; got {len(digits)}; "
            f"{_FORMS}"
        )
    return _read_pair([[int(d) for d in digits[i * n : i * n + n]] for i in range(n)], names)


def _read_triangle(rows: Sequence[str], names: Sequence[str], text: str) -> Spec:
    n = len(rows) + 1
    wrong = next((i for i, row in enumerate(rows) if len(row) != n - 1 - i), None)
    if wrong is not None:
        raise InvalidArchitecture(
            f"{shown(text)}: row {wrong} of the upper triangle is {shown(rows[wrong])}; with {n - 1} rows it "
            f"needs {n - 1 - wrong} digits; {_FORMS}"
        )
    if len(names) != n - 2:
        raise InvalidArchitecture(
            f"{shown(text)} has {n} nodes by its {n - 1} rows, so {n - 2} inner operations are needed; got "
            f"{len(names)}; {_FORMS}"
        )
    full = [[0] * (i + 1) + [int(digit) for digit in row] for i, row in enumerate(rows)]
    return _read_pair([*full, [0] * n], [_INPUT, *names, _OUTPUT])


def _read_pair(rows: Any, ops: Any) -> Spec:
    """Read an adjacency matrix and as many operations: names or, in either numbering, numbers."""
    rows, ops = _plain(rows), _plain(ops)
    if rows is None:
        raise InvalidArchitecture(
            "the specification has no matrix (None): so the official ModelSpec marks a disconnected cell"
        )
    if not isinstance(ops, (tuple, list)) or not isinstance(rows, (tuple, list)):
        raise InvalidArchitecture(
            f"a matrix and a list of operations are needed, got {type(rows).__name__} and "
            f"{type(ops).__name__}; {_FORMS}"
        )
    rows, names = [_plain(row) for row in rows], _names([_plain(item) for item in ops])
    n = len(names)
    if len(rows) != n or any(not isinstance(row, (tuple, list)) or len(row) != n for row in rows):
        raise InvalidArchitecture(f"the adjacency matrix is not {n} x {n}, yet there are {n} operations")
    present = []
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            if not isinstance(bit := _plain(entry), (int, float)) or bit not in (0, 1):
                raise InvalidArchitecture(
                    f"entry [{i}][{j}] of the adjacency matrix is {shown(bit)}; legal: 0 or 1"
                )
            if bit:
                present.append((i, j))
    n = _cut(names, present)
    if not 2 <= n <= MAX_NODES:
        raise InvalidArchitecture(
            f"the cell has {n} nodes; legal: 2 to {MAX_NODES}, input, output and dead nodes counted; {_FORMS}"
        )
    for i, j in present:
        if i >= j:
            raise InvalidArchitecture(
                f"the edge {i}->{j} runs backwards: the matrix must be upper triangular, so number the nodes "
                "with sources before targets"
            )
    if names[0] != _INPUT or names[n - 1] != _OUTPUT:
        raise InvalidArchitecture(
            f"the operations must begin with 'input' and end with 'output'; got {', '.join(names)}"
        )
    return Spec(bits_of(n, present), tuple([_operation(names[k], k) for k in range(1, n - 1)]))


def _cut(names: list[str], present: Sequence[tuple[int, int]]) -> int:
    """Return the number of nodes before the padding, which must be bare and stand after the output."""
    n = names.index(_PADDING) if _PADDING in names else len(names)
    if any(name != _PADDING for name in names[n:]):
        raise InvalidArchitecture(f"padding (-3) may only stand after the output; got {', '.join(names)}")
    for i, j in present:
        if max(i, j) >= n:
            raise InvalidArchitecture(f"the edge {i}->{j} touches padding: node {max(i, j)} is -3")
    return n


def _names(ops: Sequence[object]) -> list[str]:
    if all(isinstance(item, str) for item in ops):
        return [str(item) for item in ops]
    wrong = next((k for k, item in enumerate(ops) if isinstance(item, bool) or item != item), None)
    codes = _LABELS if ops[0] == -1 else _SCORE_CODES
    if wrong is None:
        wrong = next(
            (k for k, item in enumerate(ops) if not isinstance(item, (int, float)) or item not in codes), None
        )
    if wrong is not None:
        legal = ", ".join(f"{code} {name}" for code, name in codes.items())
        raise InvalidArchitecture(
            f"operation {wrong} of {shown(ops)} is {shown(ops[wrong])}; legal numbers: {legal} (they begin "
            f"with {next(iter(codes))}); or give names"
        )
    return [codes[int(item)] for item in ops]  # type: ignore[call-overload]


def _operation(name: str, node: int) -> int:
    position = _POSITION.get(name)
    if position is None:
        near = difflib.get_close_matches(name, list(_POSITION), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InvalidArchitecture(
            f"node {node}: unknown operation {shown(name)}; {hint}legal: {', '.join(OFFICIAL_NAMES)}"
        )
    return position
