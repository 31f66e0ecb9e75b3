"""Canonical forms: named, versioned rules that say when two cells are the same.

A form maps a cell to a text; equal texts mean the same network under that rule. A rule never changes under
its name: a better one gets a new version. The table of rules and counts is in docs/canonical-forms.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int16

from archenc.errors import InvalidArchitecture, UnknownName
from archenc.graph import form_graph, form_terms, nb101_hash
from archenc.graph.cell import Cell
from archenc.graph.dense import scatter
from archenc.graph.form_terms import ALGEBRA_V1, NATS_V1, SKIP_V1, TermForm
from archenc.graph.ops import Kind, op

_ORDERED = (Kind.CAT, Kind.DOT_PRODUCT, Kind.SCALED_DOT_PRODUCT)
"""Operations to which it matters which input comes first: only the numbering of the nodes says so."""
_SUM, _LINK = op("sum").index, op("link").index


@dataclass(frozen=True)
class _Form:
    """dense: (node operations, edge operations, inputs) -> texts. needs: where operations must sit."""

    dense: Callable[[np.ndarray, np.ndarray, int], np.ndarray]
    needs: Literal["edges", "nodes"] | None = None
    terms: TermForm | None = None


def _of_terms(terms: TermForm) -> _Form:
    return _Form(lambda _, edge_ops, inputs: form_terms.dense_texts(edge_ops, inputs, terms), "edges", terms)


_FORMS = {
    "raw-v1": _Form(form_graph.raw_texts),
    "live-v1": _Form(form_graph.live_texts),
    "live-iso-v1": _Form(form_graph.live_iso_texts),
    "skip-v1": _of_terms(SKIP_V1),
    "nats-v1": _of_terms(NATS_V1),
    "algebra-v1": _of_terms(ALGEBRA_V1),
    "nb101-v1": _Form(nb101_hash.dense_hashes, "nodes"),
}


def forms() -> tuple[str, ...]:
    """Return the names of the canonical forms."""
    return tuple(_FORMS)


def default_form(cells: Sequence[Cell]) -> str:
    """Return the form that identifies a network with these cells; see `Architecture.id`."""
    if len(cells) == 1 and cells[0].ops_on == "nodes":
        return "raw-v1" if any(node.kind in _ORDERED for node in cells[0].nodes) else "nb101-v1"
    return "nats-v1" if len(cells) == cells[0].n_inputs == 1 else "live-iso-v1"


def cells_text(cells: Sequence[Cell], form: str) -> str:
    """Return the canonical text of one network, its cells joined by " / ".

    Raises UnknownName for an unknown form, InvalidArchitecture where the form does not apply.
    """
    rule = _rule(form)
    texts = []
    for cell in cells:
        if rule.needs is not None and cell.ops_on != rule.needs:
            raise InvalidArchitecture(_misfit(form, rule))
        if rule.terms is not None:
            texts.append(form_terms.cell_text(cell, rule.terms))
        else:
            texts.append(rule.dense(*scatter([cell]), cell.n_inputs)[0])
    return " / ".join(texts)


def dense_texts(
    ops: Int16[np.ndarray, "n c V"], edge_ops: Int16[np.ndarray, "n c V V"], inputs: int, form: str
) -> np.ndarray:
    """Return the canonical texts of n networks as an object array; errors as `cells_text`."""
    rule = _rule(form)
    n, n_cells, width = ops.shape
    if n == 0:
        return np.empty(0, dtype=object)
    flat_ops, flat_edges = ops.reshape(-1, width), edge_ops.reshape(-1, width, width)
    if rule.needs == "nodes" and ((flat_edges >= 0) & (flat_edges != _LINK)).any():
        raise InvalidArchitecture(_misfit(form, rule))
    if rule.needs == "edges" and ((flat_ops[:, inputs:-1] >= 0) & (flat_ops[:, inputs:-1] != _SUM)).any():
        raise InvalidArchitecture(_misfit(form, rule))
    texts = rule.dense(flat_ops, flat_edges, inputs)
    if n_cells == 1:
        return texts
    joined = [" / ".join(row) for row in texts.reshape(n, n_cells).tolist()]
    return np.array(joined, dtype=object)


def _rule(form: str) -> _Form:
    if form not in _FORMS:
        near = difflib.get_close_matches(str(form), _FORMS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownName(f"no canonical form {form!r}; {hint}known: {', '.join(_FORMS)}")
    return _FORMS[form]


def _misfit(form: str, rule: _Form) -> str:
    return (
        f"the form {form!r} is for operations on {rule.needs}; legal here: raw-v1, live-v1, live-iso-v1, "
        + ("nb101-v1" if rule.needs == "edges" else "skip-v1, nats-v1, algebra-v1")
    )
