"""Draw a results CSV as one SVG: a panel a predictor, a line an encoding, Kendall tau over training sizes.

The drawing stands alone (no script, no font, no other file), scales, and follows the reader's light or dark
scheme. It is a function of the CSV alone, so that the same table gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

import svg

from archenc.errors import ArchencError, DataError, UnknownName
from archenc.evaluation.experiments import experiment
from archenc.store import write_text

NEEDED = ("experiment", "space", "task", "method", "encoding", "n_train", "metric", "mean", "n_trials")
NEEDED += ("published", "ci_low", "ci_high", "n_test", "command")
TITLES = {"ridge": "Ridge", "extra_trees": "Extra trees", "xgboost": "XGBoost", "flan": "FLAN", "mlp": "MLP"}
METRICS = {"kendall_tau": "Kendall τ", "spearman": "Spearman ρ"}

DASHES = ("", "5 3", "1.5 3")  # of an encoding, then of its variants: adjacency, adjacency:style=ordinal

WIDTH, HEAD, FOOT, EDGE = 1090, 104, 34, 22
COLUMNS, CELL_HEIGHT, PLOT_TOP, PLOT_LEFT = 2, 382, 30, 52
PLOT_WIDTH, PLOT_HEIGHT, LABEL_GAP, LABEL_STEP = 270, 296, 26, 16  # the labels stand right of the plot
REACH = 0.12  # how far an interval may stretch the frame beyond the means


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the table. mean, low, high, published: NaN where there is none."""

    method: str
    encoding: str
    n_train: int
    mean: float
    low: float
    high: float
    published: float
    n_trials: int
    n_test: int


@dataclass(frozen=True, slots=True)
class Table:
    """The points of one metric, and what they have in common."""

    title: str
    space: str
    task: str
    metric: str
    command: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """From a budget and a value to a place in the plot of one panel."""

    budgets: tuple[int, ...]
    bottom: float
    top: float

    def x(self, n_train: int) -> float:
        """Even steps for every doubling, with room before the first and after the last."""
        first, last = math.log2(self.budgets[0]), math.log2(self.budgets[-1])
        margin = 0.04 * (last - first) or 1.0
        return PLOT_WIDTH * (math.log2(n_train) - first + margin) / (last - first + 2 * margin)

    def y(self, value: float) -> float:
        """Top down, as SVG counts; beyond the frame for a value beyond it."""
        return PLOT_HEIGHT * (self.top - value) / (self.top - self.bottom)


def read(path: Path, metric: str) -> Table:
    """Read the rows of one metric. Raises DataError for another layout, no rows, or several studies."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if missing := [name for name in NEEDED if name not in (reader.fieldnames or ())]:
                raise DataError(f"{path}: no column {', '.join(missing)}; expected a table of results")
            every = list(reader)
        rows = [row for row in every if row["metric"] == metric]
        points = tuple(_point(row) for row in rows)
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path}: not a table of results ({error})") from error
    if not any(math.isfinite(point.mean) for point in points):
        known = ", ".join(dict.fromkeys(row["metric"] for row in every)) or "none"
        raise DataError(f"{path}: no value of {metric!r}; metrics here: {known}")
    for name in ("experiment", "space", "task"):
        if len(found := list(dict.fromkeys(row[name] for row in rows))) > 1:
            raise DataError(f"{path}: rows of more than one {name} ({', '.join(found)}); expected one")
    places = [(point.method, point.encoding, point.n_train) for point in points]
    if twice := [place for place in dict.fromkeys(places) if places.count(place) > 1]:
        raise DataError(f"{path}: {twice[0]} stands there more than once")
    first = rows[0]
    try:
        title = experiment(first["experiment"]).title
    except UnknownName:  # a study of the user's own
        title = first["experiment"]
    return Table(title, first["space"], first["task"], metric, first["command"], points)


def _point(row: dict[str, str]) -> Point:
    mean, low, high, published = (
        float(row[name] or "nan") for name in ("mean", "ci_low", "ci_high", "published")
    )
    n_train, n_trials, n_test = (int(row[name]) for name in ("n_train", "n_trials", "n_test"))
    return Point(row["method"], row["encoding"], n_train, mean, low, high, published, n_trials, n_test)


def looks(encodings: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Choose hue and dash for every encoding; variants share a hue. Raises DataError for too many."""
    families: dict[str, list[str]] = {}
    for encoding in dict.fromkeys(encodings):
        families.setdefault(re.sub(r":[^+]*", "", encoding), []).append(encoding)
    if len(families) > len(svg.LIGHT_HUES) or max(map(len, families.values())) > len(DASHES):
        raise DataError(
            f"{sum(map(len, families.values()))} encodings: one plot tells at most {len(svg.LIGHT_HUES)} "
            f"apart, each in at most {len(DASHES)} variants"
        )
    return {
        encoding: (hue, dash)
        for hue, variants in enumerate(families.values())
        for encoding, dash in zip(variants, DASHES, strict=False)
    }


def scale(points: Sequence[Point]) -> Scale:
    """One frame for all panels: every mean and published point fits, wide intervals of few trials may not."""
    values = [value for one in points for value in (one.mean, one.published) if math.isfinite(value)]
    ends = [value for one in points for value in (one.low, one.high) if math.isfinite(value)]
    bottom = max(min([*values, *ends]), min(values) - REACH)
    top = min(max([*values, *ends]), max(values) + REACH, 1.0)
    margin = max(0.04 * (top - bottom), 0.02)
    budgets = tuple(sorted({point.n_train for point in points}))
    return Scale(budgets, bottom - margin, top + margin)


def draw(table: Table) -> str:
    """Return the drawing as the text of an SVG file."""
    look = looks(point.encoding for point in table.points)
    frame = scale(table.points)
    methods = list(dict.fromkeys(point.method for point in table.points))
    height = HEAD + math.ceil(len(methods) / COLUMNS) * CELL_HEIGHT + FOOT
    metric = METRICS.get(table.metric, table.metric)
    summary = f"{metric} against the number of training architectures: {', '.join(map(named, methods))}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(table.title)}</title>",
        f"<desc>{escape(summary)}.</desc>",
        f"<style>{svg.style()}</style>",
        f'<clipPath id="plot"><rect width="{PLOT_WIDTH}" height="{PLOT_HEIGHT}"/></clipPath>',
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        svg.text(EDGE, 34, table.title, "title"),
        svg.text(EDGE, 56, _setting(table), "soft"),
        *_key(table, frame),
    ]
    for place, method in enumerate(methods):
        row, column = divmod(place, COLUMNS)
        left = EDGE + PLOT_LEFT + column * (WIDTH - EDGE) // COLUMNS
        own = [point for point in table.points if point.method == method]
        lines.append(f'<g transform="translate({left} {HEAD + row * CELL_HEIGHT + PLOT_TOP})">')
        lines += [*_axes(frame, named(method), metric), *_curves(own, look, frame), "</g>"]
    if table.command:
        lines.append(svg.text(EDGE, height - 14, f"Data: {table.command}", "soft small"))
    return "\n".join([*lines, "</svg>"]) + "\n"


def named(method: str) -> str:
    """The predictor as prose writes it, with its options as the table writes them."""
    name, _, options = method.partition(":")
    return TITLES.get(name, name) + (f" ({options})" if options else "")


def _setting(table: Table) -> str:
    """Table and label, trials at every budget, and what it was tested on."""
    trials: dict[int, str] = {}
    for size in sorted({point.n_train for point in table.points}):
        numbers = sorted({point.n_trials for point in table.points if point.n_train == size})
        count = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        trials[size] = f"{count} trial{'s' if count != '1' else ''}"
    runs = [(count, list(run)) for count, run in groupby(trials, lambda size: trials[size])]
    counts = [count for count, _ in runs]
    if len(runs) > 1:
        where = [f"{sizes[0]}–{sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}" for _, sizes in runs]
        counts = [f"{count} at {place}" for count, place in zip(counts, where, strict=True)]
    tested = sorted({point.n_test for point in table.points})
    tests = f"{tested[0]:,}" if len(tested) == 1 else f"{tested[0]:,} to {tested[-1]:,}"
    return f"{table.space} · {table.task} · {', '.join(counts)} · tested on {tests} other architectures"


def _key(table: Table, frame: Scale) -> Iterator[str]:
    left, y = EDGE, 82
    mean = "mean of the trials and its 95 % interval"
    if any(point.low < frame.bottom or point.high > frame.top for point in table.points):
        mean += " (may leave the frame)"
    yield f'<g class="key"><path class="band" d="M{left} {y - 12}h26v16h-26z"/>'
    yield f'<path class="line" d="M{left} {y - 4}h26"/>{svg.dot(left + 13, y - 4)}</g>'
    yield svg.text(left + 34, y, mean)
    if any(math.isfinite(point.published) for point in table.points):
        text = "published figure printed beside that line, measured in a setting of its own"
        left += 70 + 5.6 * len(mean)
        yield f'<g class="key">{_diamond(left, y - 4)}</g>{svg.text(left + 13, y, text)}'


def _axes(frame: Scale, title: str, metric: str) -> Iterator[str]:
    yield svg.text(0, -12, title, "panel")
    step, values = ticks(frame.bottom, frame.top)
    for value in values:
        y, shown = frame.y(value), f"{value:.{2 if step < 0.1 else 1}f}".replace("-", "−")
        yield f'<path class="grid" d="M0 {y:.1f}h{PLOT_WIDTH}"/>'
        yield svg.text(-8, y + 4, shown, "soft end")
    yield f'<path class="axis" d="M0 {PLOT_HEIGHT}h{PLOT_WIDTH}"/>'
    for budget in spread(frame.budgets):
        x = frame.x(budget)
        yield f'<path class="axis" d="M{x:.1f} {PLOT_HEIGHT}v5"/>'
        yield svg.text(x, PLOT_HEIGHT + 19, f"{budget:,}", "soft middle")
    yield svg.text(PLOT_WIDTH / 2, PLOT_HEIGHT + 38, "training architectures", "soft middle")
    yield f'<g transform="rotate(-90)">{svg.text(-PLOT_HEIGHT / 2, -42, metric, "soft middle")}</g>'


def _curves(points: Sequence[Point], look: dict[str, tuple[int, str]], frame: Scale) -> Iterator[str]:
    curves = {
        encoding: sorted((one for one in points if one.encoding == encoding), key=lambda one: one.n_train)
        for encoding in dict.fromkeys(point.encoding for point in points)
    }
    hue = {encoding: f'class="h{look[encoding][0]}"' for encoding in curves}
    yield '<g clip-path="url(#plot)">'
    for encoding, curve in curves.items():
        bands = "".join(_band(part, frame) for part in _runs(curve, lambda one: one.high - one.low))
        yield f"<g {hue[encoding]}>{bands}</g>"
    yield "</g>"
    for encoding, curve in curves.items():
        dash = f' stroke-dasharray="{look[encoding][1]}"' if look[encoding][1] else ""
        yield f"<g {hue[encoding]}>"
        for part in _runs(curve, lambda one: one.mean):
            at = [(frame.x(one.n_train), frame.y(one.mean)) for one in part]
            yield f'<path class="line"{dash} d="{svg.path(at)}"/>' + "".join(svg.dot(x, y) for x, y in at)
        yield "</g>"
    for encoding, curve in curves.items():  # above every line
        printed = [one for one in curve if math.isfinite(one.published)]
        marks = "".join(_diamond(frame.x(one.n_train), frame.y(one.published)) for one in printed)
        yield f"<g {hue[encoding]}>{marks}</g>"
    ends = {encoding: [p for p in curve if math.isfinite(p.mean)][-1:] for encoding, curve in curves.items()}
    last = {encoding: found[0] for encoding, found in ends.items() if found}
    places = svg.apart([frame.y(point.mean) for point in last.values()], LABEL_STEP, PLOT_HEIGHT)
    for (encoding, point), y in zip(last.items(), places, strict=True):
        x, start = frame.x(point.n_train) + 5, PLOT_WIDTH + LABEL_GAP
        lead = f"M{x:.1f} {frame.y(point.mean):.1f}L{start - 14:.1f} {y:.1f}H{start - 4:.1f}"
        label = svg.text(start, y + 4, f"{point.mean:.2f} {encoding}")
        yield f'<g class="label h{look[encoding][0]}"><path class="lead" d="{lead}"/>{label}</g>'


def _runs(curve: Sequence[Point], value: Callable[[Point], float]) -> Iterator[list[Point]]:
    """Stretches of a curve without a gap: nothing is drawn across a budget whose value is missing."""
    for known, run in groupby(curve, lambda one: math.isfinite(value(one))):
        if known:
            yield list(run)


def _band(part: Sequence[Point], frame: Scale) -> str:
    upper = [(frame.x(one.n_train), frame.y(one.high)) for one in part]
    lower = [(frame.x(one.n_train), frame.y(one.low)) for one in part]
    if len(part) == 1:
        return f'<path class="bar" d="{svg.path([*upper, *lower])}"/>'
    return f'<path class="band" d="{svg.path([*upper, *reversed(lower)])}Z"/>'


def ticks(bottom: float, top: float) -> tuple[float, list[float]]:
    """The finest round step with at most eight values inside the frame, and these values."""
    step = next((step for step in (0.02, 0.05, 0.1, 0.2) if (top - bottom) / step <= 8), 0.5)
    return step, [n * step for n in range(math.ceil(bottom / step), math.floor(top / step) + 1)]


def spread(budgets: Sequence[int]) -> list[int]:
    """Budgets whose labels do not touch on a log axis; of two that would, the smaller stays."""
    kept: list[int] = []
    for budget in budgets:
        if not kept or budget / kept[-1] > 1.25:
            kept.append(budget)
    return kept


def _diamond(x: float, y: float) -> str:
    return f'<path class="open" d="M{x:.1f} {y - 5.5:.1f}l5.5 5.5-5.5 5.5-5.5-5.5z"/>'


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the CSV named first into the SVG named second; 2 for a table that cannot be drawn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="results CSV, such as docs/results/encodings-nb201.csv")
    parser.add_argument("drawing", type=Path, help="SVG to write")
    parser.add_argument("--metric", default="kendall_tau", choices=sorted(METRICS))
    options = parser.parse_args(arguments)
    try:
        write_text(options.drawing, draw(read(options.results, options.metric)))
    except ArchencError as error:
        print(f"plot_results: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
