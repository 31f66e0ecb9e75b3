"""From an architecture to its source code, through the renderer of its space."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, final

from archenc.errors import InvalidArgument, shown
from archenc.graph import Architecture
from archenc.registry import Registry
from archenc.text.grammar import derivation, routing
from archenc.text.slim import SlimGraph, chain_slim
from archenc.text.style import Style

if TYPE_CHECKING:
    from archenc.text.cell_modules import CellModule

_REGISTRY = Registry("text")


@final
@dataclass(frozen=True, slots=True)
class SlimCells:
    """The cells of which the ONNX text is written: as graphs, and as modules to export."""

    graphs: Callable[[Architecture], Sequence[SlimGraph]]
    modules: Callable[[Architecture], Sequence[CellModule]]


@final
@dataclass(frozen=True, slots=True)
class Renderer:
    """How the architectures of one space are written as source code.

    datasets: those for which the network can be written, the default first; empty for a space without
    networks. cells: the classes of the cells. helpers: the classes that those call; in the form "inline",
    those that cannot be spelled out. network: the classes around the cells, `Network` last. comment: what
    stands in front, in English. canonical: architectures in a numbering that isomorphic ones share. slim:
    cells for the ONNX text.
    """

    cells: Callable[[Architecture, Style], Sequence[str]]
    helpers: Callable[[Architecture, Style], Sequence[str]]
    canonical: Callable[[Sequence[Architecture]], list[Architecture]]
    datasets: tuple[str, ...] = ()
    network: Callable[[Architecture, Style], Sequence[str]] | None = None
    comment: Callable[[Architecture, Style], str] | None = None
    slim: SlimCells | None = None

    def text(self, arch: Architecture, style: Style) -> str:
        """Return the text. Raises InvalidArgument for a data set or context that the space has not."""
        style = self._settled(arch.space, style)
        parts: list[str] = []
        if style.context == "comment" and self.comment is not None:
            parts.append(f'"""\n{self.comment(arch, style)}\n"""')
        if style.form != "exclude_helper" or style.context == "network":
            parts += self.helpers(arch, style)
        parts += self.cells(arch, style)
        if style.context == "network" and self.network is not None:
            parts += self.network(arch, style)
        return "\n\n\n".join(parts) + "\n"

    def _settled(self, space: str, style: Style) -> Style:
        if style.context != "none" and (self.network is None or self.comment is None):
            raise InvalidArgument(
                f"context={style.context!r}: nothing is known of the networks of {space}; legal: 'none'"
            )
        if style.dataset is None:
            return replace(style, dataset=self.datasets[0]) if self.datasets else style
        if style.dataset not in self.datasets:
            legal = ", ".join(self.datasets) or "none, leave it out"
            raise InvalidArgument(f"dataset={style.dataset!r}; legal for {space}: {legal}")
        return style


def render(
    arch: Architecture,
    *,
    form: str = "exclude_helper",
    context: str = "none",
    canonical: bool = False,
    unit_name: str = "ConvUnit",
    dataset: str | None = None,
    nb101_detail: str = "simple",
) -> str:
    """Return the architecture as PyTorch source code, which runs where `torch` and `nn` are known.

    form: "exclude_helper" calls the class of a convolution with ReLU and batch norm without defining it,
    "helper" defines it in front, "inline" spells it out at every call. What is no source code: "routing" is
    `archenc.text.routing`, "derivation" and "derivation_long" are `archenc.text.derivation`, "onnx" is
    `slim_text`, "onnx_legacy" the same with the published defect.
    context: "none" writes the classes of the cells only; "network" also what they call, in every form, and
    behind them the whole network and the recipe of its training; "comment" puts a description in English in
    front: task, network and training.
    canonical: leave out what is dead and number nodes so that isomorphic cells have one text. Without it the
    architecture is written as it is given, dead parts included.
    unit_name: of the class of a convolution. dataset: data set or task that context speaks of, see
    `datasets`; by default the first. nb101_detail: "simple" writes a NAS-Bench-101 cell as COLE does, every
    vertex 16 channels wide; "faithful" as the benchmark built it, with its widths and projections.
    The same arguments give the same text on every machine.
    Raises InvalidArgument, and InvalidArchitecture for an operation without a module.
    Paper: COLE, arXiv 2605.15649; the words are our own.
    """
    style = Style(form, context, canonical, unit_name, dataset, nb101_detail)
    return _rendered([_checked(arch)], style)[0]


def texts(
    archs: Iterable[Architecture],
    *,
    form: str = "exclude_helper",
    context: str = "none",
    canonical: bool = False,
    unit_name: str = "ConvUnit",
    dataset: str | None = None,
    nb101_detail: str = "simple",
) -> list[str]:
    """Return the text of every architecture, of one space or several, in their order; see `render`."""
    style = Style(form, context, canonical, unit_name, dataset, nb101_detail)
    return _rendered([_checked(arch) for arch in archs], style)


def datasets(space: str) -> tuple[str, ...]:
    """Return the data sets or tasks for which networks of a space are written, the default first."""
    return _renderer(space).datasets


def slim_text(arch: Architecture, *, legacy: bool = False) -> str:
    """Return the text `chain_slim` of an architecture, equal to that of `onnx_text` but without any export.

    One text a cell, apart by an empty line; what is dead is left out, as an export leaves it out. legacy: see
    `chain_slim`. Raises InvalidArgument for a space whose cells are not known here.
    """
    return _slim_text(_checked(arch), legacy)


@lru_cache(maxsize=1 << 10)  # an einspace network can be a hundred thousand steps, and trials ask again
def _slim_text(arch: Architecture, legacy: bool) -> str:
    return "\n".join(chain_slim(graph, legacy=legacy) for graph in traced(arch.space).graphs(arch))


_STRINGS: dict[str, Callable[[Architecture], str]] = {
    "routing": routing,
    "derivation": derivation,
    "derivation_long": partial(derivation, style="long"),
    "onnx": slim_text,
    "onnx_legacy": partial(slim_text, legacy=True),
}


def traced(space: str) -> SlimCells:
    """Return the cells of a space for the ONNX text. Raises InvalidArgument where they are not known."""
    found = _renderer(space).slim
    if found is None:
        raise InvalidArgument(
            f"no ONNX text is known for the cells of {space}; give onnx_text a module and an example instead"
        )
    return found


def _rendered(archs: list[Architecture], style: Style) -> list[str]:
    if style.canonical:
        archs = _canonical(archs)
    if style.form in _STRINGS:
        return [_STRINGS[style.form](arch) for arch in archs]
    renderers = {name: _renderer(name) for name in dict.fromkeys(arch.space for arch in archs)}
    return [renderers[arch.space].text(arch, style) for arch in archs]


def _canonical(archs: list[Architecture]) -> list[Architecture]:
    """Replace architectures, those of one space at once."""
    found = list(archs)
    for name in dict.fromkeys(arch.space for arch in archs):
        rows = [row for row, arch in enumerate(archs) if arch.space == name]
        for row, arch in zip(rows, _renderer(name).canonical([archs[row] for row in rows]), strict=True):
            found[row] = arch
    return found


def _renderer(space: str) -> Renderer:
    """Return the renderer of a space; of one without, the renderer of any graph."""
    if space in _REGISTRY.names():
        return _REGISTRY.get(space)
    from archenc.text.any_graph import RENDERER

    return RENDERER


def _checked(arch: object) -> Architecture:
    if not isinstance(arch, Architecture):
        raise InvalidArgument(
            f"arch={shown(arch)}: expected an Architecture, which a space parses or samples"
        )
    return arch
