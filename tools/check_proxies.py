"""Score networks of the public score files and compare the ranks with the published scores.

    python tools/check_proxies.py nasbench201 --rows 200 --journal runs/proxies
    python tools/check_proxies.py nasbench201 --rows all --proxies params,flops,l2_norm --journal runs/proxies
    python tools/check_proxies.py report --journal runs/proxies

The first command scores a seeded sample of the connected rows of a file, the second every row of it; they
keep each row in a journal, so that they can be stopped and started again. With --again the weights and images
are others: how well ours agree with themselves. The last command writes docs/results/proxies.csv and the page
beside it from whatever the journals hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
from proxy_files import CHECKS, everything, published, sample
from proxy_report import AGAIN, journalled, report

from archenc import networks, proxies
from archenc.proxies.seeding import weight_seed
from archenc.store import Journal
from archenc.suite_zero import PROXIES

WEIGHTS = {"params", "flops", "l2_norm"}
"""What needs no images."""


def batch(kind: str, network: networks.Network, size: int, seed: int) -> proxies.Inputs:
    """Return a batch of digits or noise for a network."""
    shape = network.input_shape
    if kind == "noise":
        return proxies.Inputs.noise(shape, seed, batch=size, n_classes=network.n_classes)
    if len(shape) != 3:
        raise SystemExit(f"digits have no shape {shape}; take --inputs noise")
    return proxies.Inputs.digits(seed, batch=size, shape=shape, n_classes=network.n_classes)


def measure(name: str, options: argparse.Namespace) -> None:
    """Score the rows that the journal lacks."""
    check = CHECKS[name]
    torch.set_num_threads(options.threads)
    names = PROXIES if options.proxies == "all" else tuple(options.proxies.split(","))
    skeleton = dict(check.skeleton)
    if options.size:
        own = networks.build(next(iter(sample(name, 1, 0)))[1], check.task, device="meta").input_shape
        skeleton["input_shape"] = (*own[:-2], options.size, options.size)
    every = options.rows == "all"
    if every and not WEIGHTS.issuperset(names):
        raise SystemExit(f"--rows all: every row is scored by {', '.join(sorted(WEIGHTS))} only")
    inputs = (
        "none" if every else f"{options.inputs} {options.batch}" + f" {options.size}px" * (options.size > 0)
    )
    if options.again:
        inputs += AGAIN
    if every:
        options.inputs, options.batch = "noise", 1  # only its shape is looked at
    label = f"{name} {inputs} {options.part}".replace(" ", "-")
    journal = Journal(options.journal / f"{label}.jsonl")
    records = journalled(options.journal).get((name, inputs), [])  # of every part
    done = {record["key"] for record in records if record["scores"].keys() >= set(names)}
    rows = everything(name) if every else sample(name, int(options.rows), options.seed)
    begun = time.perf_counter()
    for number, (text, arch, key) in enumerate(rows[::-1] if options.reverse else rows):
        if key in done:
            continue
        if time.perf_counter() - begun > 60 * options.minutes:
            break
        seed = weight_seed(options.seed + options.again, key)
        network = networks.build(arch, check.task, seed=seed, **skeleton)
        data = batch(
            "noise" if every else options.inputs, network, 1 if every else options.batch, options.seed
        )
        start = time.process_time()
        found = proxies.score(network, data, names, seed=seed, device=options.device)
        taken = time.process_time() - start
        theirs = published(name)[text]
        journal.append(
            {
                "check": name,
                "inputs": inputs,
                "key": key,
                "published": {
                    part: value
                    for part, value in theirs.items()
                    if part == "accuracy" or part.removesuffix(" seconds") in names
                },
                "scores": dict(found),
                "processor_seconds": taken,
            }
        )
        if not every or number % 500 == 0:
            print(f"{label}: {number + 1} of {len(rows)}, {taken:.1f} s", flush=True)


def main() -> int:
    """Score, or report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=[*CHECKS, "report"])
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--rows", default="200", help="so many connected ones at random, or all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--inputs", choices=["digits", "noise"], default="digits")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=0, help="height and width of the images; 0: as published")
    parser.add_argument("--proxies", default="all")
    parser.add_argument("--part", default="all", help="name of the journal of these proxies")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--reverse", action="store_true", help="from the end, beside another process")
    parser.add_argument("--again", action="store_true", help="with other weights and images")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no row after so many")
    parser.add_argument("--device")
    options = parser.parse_args()
    if options.what == "report":
        report(options.journal)
    else:
        measure(options.what, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
