"""An architecture: a space, its cells and what else describes the network."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archenc.errors import InvalidArchitecture, UnknownName
from archenc.graph.cell import Cell, Edge
from archenc.graph.forms import cells_text, default_form
from archenc.graph.ops import op

JSON_VERSION = 1


@dataclass(frozen=True, slots=True)
class Architecture:
    """One network of a search space.

    space: canonical name of the space. cells: one, or normal and reduction. attributes: what lies outside
    the cells (width, depth, macro choices): finite numbers or texts, stored in the order of their names.
    Raises InvalidArchitecture.
    """

    space: str
    cells: tuple[Cell, ...]
    attributes: tuple[tuple[str, float | int | str], ...] = ()

    def __post_init__(self) -> None:
        if not self.cells:
            raise InvalidArchitecture("an architecture needs at least one cell")
        if self.attributes:
            names = [name for name, _ in self.attributes]
            if len(set(names)) < len(names):
                raise InvalidArchitecture(f"attributes: a name occurs twice in {names}")
            plain = tuple(sorted((name, _plain(name, value)) for name, value in self.attributes))
            object.__setattr__(self, "attributes", plain)

    def id(self, form: str | None = None) -> str:
        """Return 32 hexadecimal digits: the same network has the same id, on every machine.

        Two architectures share an id exactly if their texts in the canonical form and their attributes are
        equal; the space is not part of it. form: a name of `forms()`; by default `nats-v1` for operations on
        the edges of a one-input cell, `nb101-v1` for operations on nodes (`raw-v1` where one of them asks for
        the order of its inputs), `live-iso-v1` for several cells or inputs. In `nb101-v1` the id of one cell
        without attributes is the benchmark's own hash.
        Raises UnknownName for an unknown form, InvalidArchitecture where the form does not apply.
        """
        form = default_form(self.cells) if form is None else form
        return id_of_text(form, cells_text(self.cells, form), self.attributes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries, lists and names, with a version and a checksum."""
        body: dict[str, Any] = {
            "version": JSON_VERSION,
            "space": self.space,
            "cells": [
                {
                    "nodes": [node.name for node in cell.nodes],
                    "edges": [[e.source, e.target, e.op.name] for e in cell.edges],
                }
                for cell in self.cells
            ],
            "attributes": dict(self.attributes),
        }
        return {**body, "checksum": _checksum(body)}

    def to_json(self) -> str:
        """Return the JSON text of `to_dict`; `from_json` reads it back."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> Architecture:
        """Read the text of `to_json`.

        Raises InvalidArchitecture if it is truncated, altered or of another version.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidArchitecture(
                f"architecture JSON does not parse ({error}); is it truncated?"
            ) from error
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: object) -> Architecture:
        """Read the dictionary of `to_dict`; a text written by hand may leave out "checksum" and "attributes".

        Raises InvalidArchitecture if a field is missing, wrong, or does not match the checksum.
        """
        if not isinstance(data, Mapping):
            raise InvalidArchitecture(f"architecture JSON: expected an object, got {type(data).__name__}")
        version = data.get("version")
        if version != JSON_VERSION:
            raise InvalidArchitecture(
                f"architecture JSON: version is {version!r}; this archenc reads version {JSON_VERSION}"
            )
        body = {key: value for key, value in data.items() if key != "checksum"}
        if "checksum" in data and data["checksum"] != _checksum(body):
            raise InvalidArchitecture(
                "architecture JSON: the checksum does not match, so the text was altered"
            )
        legal = {"version", "space", "cells", "attributes"}
        if set(body) - legal:
            raise InvalidArchitecture(
                f"architecture JSON: unknown fields {sorted(map(str, set(body) - legal))}"
            )
        space, cells = data.get("space"), data.get("cells")
        if not isinstance(space, str) or not isinstance(cells, list):
            raise InvalidArchitecture('architecture JSON: "space" must be a text and "cells" a list')
        return cls(
            space,
            tuple(_cell_of(cell, f"cells[{i}]") for i, cell in enumerate(cells)),
            _attributes_of(data.get("attributes", {})),
        )


def id_of_text(form: str, text: str, attributes: tuple[tuple[str, float | int | str], ...]) -> str:
    """Return the id that belongs to a canonical text: a hash of form, text and attributes, 32 hex digits."""
    if form == "nb101-v1" and not attributes and "/" not in text:
        return text
    return hashlib.sha256(f"{form}\n{text}\n{json.dumps(attributes)}".encode()).hexdigest()[:32]


def _plain(name: str, value: object) -> float | int | str:
    """Return a plain value: equal numbers must have one text, or equal networks had two ids."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) < 2**53 else float(value)
    raise InvalidArchitecture(f"attribute {name!r} is {value!r}; legal: a finite number or a text")


def _checksum(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cell_of(data: object, where: str) -> Cell:
    if not isinstance(data, Mapping) or not {"nodes", "edges"} <= set(data):
        raise InvalidArchitecture(f'architecture JSON: {where} needs "nodes" and "edges"')
    nodes, edges = data["nodes"], data["edges"]
    if not isinstance(nodes, list) or not isinstance(edges, list):
        raise InvalidArchitecture(f'architecture JSON: "nodes" and "edges" of {where} must be lists')
    try:
        return Cell(tuple(op(str(name)) for name in nodes), tuple(_edge_of(edge) for edge in edges))
    except (UnknownName, InvalidArchitecture) as error:
        raise InvalidArchitecture(f"architecture JSON: {where}: {error}") from error


def _edge_of(data: object) -> Edge:
    match data:
        case [int(source), int(target), str(name)]:
            return Edge(source, target, op(name))
        case _:
            raise InvalidArchitecture(
                f"edge {data!r} is not [source, target, operation], e.g. [0, 1, 'skip']"
            )


def _attributes_of(data: object) -> tuple[tuple[str, float | int | str], ...]:
    if not isinstance(data, Mapping):
        raise InvalidArchitecture('architecture JSON: "attributes" must be an object')
    return tuple((str(name), _plain(str(name), value)) for name, value in data.items())
