"""The curve of the held-out loss, as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from archenc.store import write_text

LOSSES = "losses.csv"


def write_losses(folder: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """Write one line a validation; the same run gives the same bytes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in record.items()}
        for record in history
    )
    write_text(folder / LOSSES, text.getvalue())
