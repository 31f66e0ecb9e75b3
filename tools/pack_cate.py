"""Put folders that `archenc pretrain --encoder cate` made into the package: graph encoder only, float16.

    python tools/pack_cate.py FOLDER ...

writes src/archenc/data/weights/cate-PRESET-SPACE and the curves, docs/results/cate_loss.csv; the lines of
other spaces stay.
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

from archenc.encoders import CATE
from archenc.encoders.learned.weights import FOLDER, Weights
from archenc.store import write_text

CURVES = Path(__file__).resolve().parents[1] / "docs" / "results" / "cate_loss.csv"


def pack(folder: Path) -> tuple[str, list[dict[str, str]]]:
    """Keep the part of the weights that codes are made with; return the space and the curve."""
    found = Weights.load(folder)
    kept = {name: value for name, value in found.tensors.items() if name.startswith("graph.")}
    space, preset = found.frame.space, found.config["preset"]
    found.config["training"]["published"] = CATE()._published()
    Weights(found.config, kept).save(FOLDER / f"cate-{preset}-{space}", half=True)
    with (folder / "losses.csv").open(newline="") as stream:
        curve = [{"space": space, "preset": preset, **line} for line in csv.DictReader(stream)]
    size = found.config["training"]["schedule"]["batch_size"]
    command = f"archenc pretrain --space {space} --encoder cate --batch-size {size} ..."
    return space, [{**line, "command": command} for line in curve]


def main() -> None:
    """Pack every folder."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    packed = dict(pack(Path(name)) for name in sys.argv[1:])
    before: list[dict[str, str]] = []
    if CURVES.exists():
        with CURVES.open(newline="") as stream:
            before = [line for line in csv.DictReader(stream) if line["space"] not in packed]
    lines = sorted(
        [*before, *[line for curve in packed.values() for line in curve]], key=lambda line: line["space"]
    )
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    write_text(CURVES, text.getvalue())
    print(f"{', '.join(sorted(packed))}: {FOLDER}, {CURVES}")


if __name__ == "__main__":
    main()
