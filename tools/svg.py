"""What drawings of results share: a palette, light and dark, lines, bands, and labels that stay apart.

A drawing stands alone (no script, no font, no other file), scales, and follows the reader's light or dark
scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

# The palette of the HTML page; a test holds the two together. Hues stay apart for colour-blind readers.
LIGHT = {"paper": "#fcfcfa", "ink": "#1c1d1f", "soft": "#5b5f66", "rule": "#dcdcd6", "grid": "#e6e6e0"}
DARK = {"paper": "#15171a", "ink": "#eceae4", "soft": "#a4a8af", "rule": "#34383e", "grid": "#2a2e33"}
LIGHT_HUES = ("#0067a5", "#cf5200", "#00875f", "#b5548c", "#a87400", "#3c96cc", "#6b6b6b")
DARK_HUES = ("#63b3ed", "#ff9454", "#45cfa0", "#eb9dc9", "#ecc04f", "#a3dcff", "#b4b4b4")


def style() -> str:
    """Return the rules of a drawing: `h0`, `h1`, ... colour a group, `line`, `band` and `dot` draw in it."""

    def scheme(colours: dict[str, str], hues: Sequence[str]) -> str:
        rules = [f".h{number}{{color:{hue}}}" for number, hue in enumerate(hues)]
        rules += [f".paper,.open{{fill:{colours['paper']}}}", f"text{{fill:{colours['ink']}}}"]
        rules += [f".soft{{fill:{colours['soft']}}}", f".key{{color:{colours['soft']}}}"]
        return "".join([*rules, f".grid{{stroke:{colours['grid']}}}", f".axis{{stroke:{colours['rule']}}}"])

    return (
        'text{font:12.5px "Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif}'
        ".title{font-size:19px;font-weight:600}.panel{font-size:14.5px;font-weight:600}.small{font-size:11.5px}"
        "g.label text{fill:currentColor;font-variant-numeric:tabular-nums}.middle{text-anchor:middle}"
        ".end{text-anchor:end}.line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}"
        ".band{fill:currentColor;opacity:.1}.bar{stroke:currentColor;stroke-width:3;opacity:.3}"
        ".dot{fill:currentColor}.open{stroke:currentColor;stroke-width:1.7}"
        f".lead{{stroke:currentColor;opacity:.45;fill:none}}{scheme(LIGHT, LIGHT_HUES)}"
        f"@media (prefers-color-scheme:dark){{{scheme(DARK, DARK_HUES)}}}"
    )


def text(x: float, y: float, words: str, look: str = "") -> str:
    """Return words. look: the names of their rules, such as "soft middle"."""
    kind = f' class="{look}"' if look else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind}>{escape(words)}</text>'


def path(at: Sequence[tuple[float, float]]) -> str:
    """Return the data of a path through points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at)


def dot(x: float, y: float) -> str:
    """Return a point."""
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2.8"/>'


def apart(wanted: Sequence[float], step: float, height: float) -> list[float]:
    """Move labels, [n], as little as needed to stand `step` apart and, if they fit, within 0 to `height`."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    groups: list[list[int]] = []
    for index in order:
        groups.append([index])
        while len(groups) > 1 and _start(groups[-1], wanted, step, height) < (
            _start(groups[-2], wanted, step, height) + step * len(groups[-2])
        ):
            below = groups.pop()
            groups[-1] += below
    found = [0.0] * len(wanted)
    for group in groups:
        start = _start(group, wanted, step, height)
        for place, index in enumerate(group):
            found[index] = start + place * step
    return found


def _start(group: Sequence[int], wanted: Sequence[float], step: float, height: float) -> float:
    free = sum(wanted[index] - place * step for place, index in enumerate(group)) / len(group)
    return max(0.0, min(free, height - step * (len(group) - 1)))
