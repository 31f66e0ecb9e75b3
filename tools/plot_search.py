"""Draw regret against evaluations of some methods of the search study as one SVG.

    python tools/plot_search.py docs/results/search-study-curves.csv docs/results/search-study.svg

A function of the CSV alone, so that the same table gives the same bytes. Methods that it lacks are left out.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import svg

from archenc.errors import DataError
from archenc.store import write_text

SHOWN = {  # method and encoding: name, hue, dash
    ("recommended", "default"): ("recommended", 0, ""),
    ("recommended, weights alone", "default"): ("recommended, weights alone", 0, "5 3"),
    ("gaussian_process", "graph_features"): ("Gaussian process, graph features", 1, ""),
    ("gaussian_process", "adjacency"): ("Gaussian process, one-hot", 1, "5 3"),
    ("score_prior", "zero_cost"): ("score prior", 2, ""),
    ("bananas", "graph_features"): ("BANANAS, graph features", 3, ""),
    ("bananas", "path"): ("BANANAS, paths", 3, "5 3"),
    ("weaknas:width=200", "graph_features"): ("WeakNAS, graph features", 4, ""),
    ("cate_local", "cate"): ("CATE's search, CATE", 4, "5 3"),
    ("local", "default"): ("local search", 5, ""),
    ("evolution", "default"): ("evolution", 5, "5 3"),
    ("random", "default"): ("random search", 6, ""),
}
TITLE = "Regret against evaluations"
UNIT = "share of the distance from the best to the median architecture"
WIDTH, HEIGHT, LEFT, TOP = 820, 500, 74, 78
PLOT_WIDTH, PLOT_HEIGHT, LABEL_STEP = 470, 360, 17
TICKS = (1.0, 0.7, 0.5, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01)


@dataclass(frozen=True, slots=True)
class Curve:
    """Mean regret after each evaluation, and its interval over the seeds."""

    name: str
    hue: int
    dash: str
    evaluations: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


def read(path: Path) -> tuple[list[Curve], str]:
    """Return the curves that are shown, in their order, and what they are means of. Raises DataError."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        curves = []
        for key, look in SHOWN.items():
            if own := [row for row in rows if (row["method"], row["encoding"]) == key]:
                columns = ([float(row[name]) for row in own] for name in ("mean", "ci_low", "ci_high"))
                curves.append(Curve(*look, [int(row["evaluations"]) for row in own], *columns))
        drawn = [row for row in rows if (row["method"], row["encoding"]) in SHOWN]
        tables, seeds = ({int(row[name]) for row in drawn} for name in ("n_tables", "n_seeds"))
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path}: no table of curves ({error})") from error
    if not curves:
        raise DataError(f"{path}: none of the methods that are drawn")
    many = " and ".join(f"{_span(found)} {name}" for found, name in ((tables, "tables"), (seeds, "seeds")))
    return curves, f"mean of {many}; solid lines with 95 % intervals over the seeds"


def _span(found: set[int]) -> str:
    return f"{min(found)}" if len(found) == 1 else f"{min(found)} to {max(found)}"


def draw(curves: Sequence[Curve], setting: str) -> str:
    """Return the drawing as the text of an SVG file."""
    last = max(curve.evaluations[-1] for curve in curves)
    values = [value for curve in curves for value in (*curve.low, *curve.high) if value > 0]
    low, high = math.log(min(values) * 0.95), math.log(max(values) * 1.05)

    def x(evaluations: float) -> float:
        return PLOT_WIDTH * (evaluations - 1) / (last - 1)

    def y(value: float) -> float:
        return PLOT_HEIGHT * (high - math.log(max(value, math.exp(low)))) / (high - low)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(TITLE)}</title>",
        f"<desc>{escape(', '.join(curve.name for curve in curves))}: {escape(setting)}.</desc>",
        f"<style>{svg.style()}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        svg.text(22, 32, TITLE, "title"),
        svg.text(22, 53, f"{UNIT}; {setting}", "soft"),
        f'<g transform="translate({LEFT} {TOP})">',
    ]
    for tick in (tick for tick in TICKS if low <= math.log(tick) <= high):
        lines.append(f'<path class="grid" d="M0 {y(tick):.1f}h{PLOT_WIDTH}"/>')
        lines.append(svg.text(-8, y(tick) + 4, f"{tick:g}", "soft end"))
    lines.append(f'<path class="axis" d="M0 {PLOT_HEIGHT}h{PLOT_WIDTH}"/>')
    for tick in (1, *range(5, last + 1, 5)):
        lines.append(f'<path class="axis" d="M{x(tick):.1f} {PLOT_HEIGHT}v5"/>')
        lines.append(svg.text(x(tick), PLOT_HEIGHT + 19, f"{tick}", "soft middle"))
    lines.append(svg.text(PLOT_WIDTH / 2, PLOT_HEIGHT + 40, "evaluations", "soft middle"))
    for curve in (one for one in curves if not one.dash):
        upper = [(x(at), y(value)) for at, value in zip(curve.evaluations, curve.high, strict=True)]
        lower = [(x(at), y(value)) for at, value in zip(curve.evaluations, curve.low, strict=True)]
        band = svg.path([*upper, *reversed(lower)])
        lines.append(f'<g class="h{curve.hue}"><path class="band" d="{band}Z"/></g>')
    for curve in curves:
        means = svg.path([(x(at), y(value)) for at, value in zip(curve.evaluations, curve.mean, strict=True)])
        dash = f' stroke-dasharray="{curve.dash}"' if curve.dash else ""
        lines.append(f'<g class="h{curve.hue}"><path class="line"{dash} d="{means}"/></g>')
    return (
        "\n".join([*lines, *_labels(curves, [y(curve.mean[-1]) for curve in curves]), "</g>", "</svg>"])
        + "\n"
    )


def _labels(curves: Sequence[Curve], ends: Sequence[float]) -> Iterator[str]:
    start = PLOT_WIDTH + 34
    for curve, end, place in zip(curves, ends, svg.apart(ends, LABEL_STEP, PLOT_HEIGHT), strict=True):
        lead = f"M{PLOT_WIDTH + 3} {end:.1f}L{start - 14} {place:.1f}H{start - 4}"
        dash = f' stroke-dasharray="{curve.dash}"' if curve.dash else ""
        words = svg.text(start, place + 4, f"{curve.mean[-1]:.3f} {curve.name}")
        yield f'<g class="label h{curve.hue}"><path class="lead"{dash} d="{lead}"/>{words}</g>'


def main() -> None:
    curves, setting = read(Path(sys.argv[1]))
    write_text(Path(sys.argv[2]), draw(curves, setting))


if __name__ == "__main__":
    main()
