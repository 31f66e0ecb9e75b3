"""Run the speed measurements: all of them, or those whose name contains one of the words given.

Every other file of this folder is one measurement: a script of its own that prints what it found. Each runs
in a fresh process, so that no measurement warms up another, and what it compares it compares within that one
process: ratios travel between machines, seconds do not. Nothing here is a test and nothing asserts a time.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent


def machine() -> str:
    """Describe what the seconds below were measured on, in one line."""
    libraries = []
    for name in ("numpy", "torch", "scikit-learn", "pyarrow"):
        try:
            libraries.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            libraries.append(f"no {name}")
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {', '.join(libraries)}"
    )


def main() -> int:
    """Run every measurement whose name contains one of the words given; all without words."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("words", nargs="*", help="parts of the names of the measurements to run")
    words = parser.parse_args().words
    scripts = [
        path
        for path in sorted(HERE.glob("*.py"))
        if path.name != "run.py"
        and not path.name.startswith("_")
        and (not words or any(word in path.stem for word in words))
    ]
    if not scripts:
        names = ", ".join(path.stem for path in sorted(HERE.glob("*.py")) if path.name != "run.py")
        print(f"no measurement is called {' or '.join(words)}; there are: {names}", file=sys.stderr)
        return 2
    print(machine())
    failed = []
    for path in scripts:
        print(f"\n== {path.stem}", flush=True)
        start = time.perf_counter()
        status = subprocess.run([sys.executable, path], check=False).returncode  # noqa: S603
        print(f"   ({time.perf_counter() - start:.0f} s in all)", flush=True)
        if status:
            failed.append(path.stem)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
