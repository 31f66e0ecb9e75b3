"""Time of the 13 proxies of one network: from a shared pass, one at a time, and as published.

    python benchmarks/proxy_speed.py [--rows 3] [--batch 32]

All numbers are seconds of one thread of the processor, measured in one process; only ratios travel. The
published seconds, where the public score file is at hand, are those of another machine.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import torch

from archenc import networks, proxies, space
from archenc.suite_zero import PROXIES

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ARCHENC_SHARED_DATA") or ROOT.parent / "shared" / "data")
CODES = ((0, 2, 3, 2, 3, 1), (2, 2, 3, 0, 4, 2), (4, 3, 1, 2, 0, 3))


def published(code: tuple[int, ...]) -> float | None:
    """Sum the published seconds of the twelve proxies of a row that has them."""
    file = DATA / "nb201" / "zc_nasbench201.json"
    if not file.exists():
        return None
    row = json.loads(file.read_text())["cifar10"].get(str(code))
    return None if row is None else sum(entry["time"] for entry in row.values() if isinstance(entry, dict))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1, choices=range(1, len(CODES) + 1))
    parser.add_argument("--batch", type=int, default=32)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for code in CODES[: options.rows]:
        arch = space("nb201").parse(code)
        network = networks.build(arch, seed=0)
        inputs = proxies.Inputs.digits(0, batch=options.batch, shape=(3, 32, 32))
        proxies.score(network, proxies.Inputs.digits(0, batch=2, shape=(3, 32, 32)))  # the first call loads
        start = time.process_time()
        proxies.score(network, inputs)
        shared = time.process_time() - start
        alone = {}
        for name in PROXIES:
            start = time.process_time()
            proxies.score(network, inputs, [name])
            alone[name] = time.process_time() - start
        total = sum(alone.values())
        beside = published(code)
        print(f"NAS-Bench-201 {code}, batch {options.batch}")
        print(f"  all 13 at once   {shared:8.2f} s")
        print(f"  one at a time    {total:8.2f} s   {total / shared:.2f} times as long")
        print("    " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in alone.items()))
        if beside is not None:
            print(f"  published, 12    {beside:8.2f} s   {beside / shared:.2f} times as long, elsewhere")


if __name__ == "__main__":
    main()
