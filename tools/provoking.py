"""What the cases of `show_errors.py` are made of: commands that fail, errors, and what must stay as it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from archenc.store import file_sha256

Shown = tuple[str, str, str]
"""What was done (>>> Python, $ shell, # a remark), what was printed, and what was kept."""

Provoke = Callable[[], Iterator[Shown]]

CASES: list[Provoke] = []


def case(provoke: Provoke) -> Provoke:
    """Add a case to the page; the first line of its docstring is its heading."""
    CASES.append(provoke)
    return provoke


def raised(function: Callable[[], object]) -> str:
    """Return the error that a function raises, as Python prints it."""
    try:
        function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise SystemExit("nothing was raised")


def archenc(line: str, expected: int = 2) -> str:
    """Run a command and return what it printed; fail if it ends otherwise, or with a traceback."""
    done = subprocess.run(start(line), capture_output=True, text=True, check=False)
    if done.returncode != expected or "Traceback" in done.stderr:
        raise SystemExit(f"archenc {line}: exit code {done.returncode}\n{done.stderr}")
    return (done.stderr if expected else done.stdout).strip().replace(f"{Path.cwd()}/", "")


def start(line: str) -> list[str]:
    """Return the command that runs `archenc LINE` with this Python."""
    return [sys.executable, "-c", "from archenc.cli.app import main; main()", *line.split()]


def stays(path: Path, before: str, what: str) -> str:
    """Say that a file is what it was; fail if it is not."""
    if file_sha256(path) != before:
        raise SystemExit(f"{path} has changed")
    return f"{what}: the same SHA-256 before and after."


def flip(path: Path, place: int) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def nothing_run(folder: str = "runs") -> str:
    """Say that no folder was made; fail if there is one."""
    if Path(folder).exists():
        raise SystemExit(f"{folder} was written")
    return "Nothing was run or written."


def small_run(out: str) -> str:
    """Return a command line for a run on the small table."""
    return (
        "evaluate --space small.parquet --predictor ridge --encoder adjacency --metrics kendall_tau "
        f"--out {out} --no-progress"
    )
