"""Canonical forms (stub)."""

from __future__ import annotations

from archenc.graph.cell import Cell


def forms() -> tuple[str, ...]:
    return ("raw-v1",)


def default_form(cells: tuple[Cell, ...]) -> str:
    return "raw-v1"


def cells_text(cells: tuple[Cell, ...], form: str) -> str:
    return " / ".join(
        "+".join(n.name for n in c.nodes) + "".join(f"|{e.source}-{e.op.name}-{e.target}" for e in c.edges)
        for c in cells
    )
