"""Compare embeddings of code by ridge on labels that no result of record of COLE is judged on.

Labels: accuracy after 16 epochs on digits201, two tasks of TransNAS-Bench-101, accuracy after 36 epochs on
NAS-Bench-101. Of each table 1,500 architectures are drawn; in every trial the last 600 of a permutation of
them are the test, the first n are trained on: the same for every arm. Columns keep their own scale behind a
principal component analysis that is fitted on the training architectures; the penalty is chosen by leaving
one out. p: corrected t-test (Nadeau and Bengio) of the difference to a bag of words on the same texts, or to
--base.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.linear_model import RidgeCV

import archenc
from archenc.encoders.cole.reduction import Reduction
from archenc.evaluation import corrected_t_test
from archenc.pipelines.by_name import encoders

POOL, TESTED = 1_500, 600
LABELS = {
    "digits201": ("digits_val_accuracy_16ep",),
    "tnb101": ("class_object_val_accuracy_final", "room_layout_val_neg_loss_final"),
    "nb101": ("cifar10_val_accuracy_36ep",),
}
BASE = "bag_of_tokens:unit=words:canonical=true"
MINILM = "cole:canonical=true:dtype=bfloat16:pooling="
ARMS = (
    BASE,
    f"{MINILM}mean",
    f"{MINILM}avg_all",
    "cole:canonical=true:model=cells",
    "cole:canonical=true:pooling=avg_all:model=cells",
    "arch2vec",
    "cate",
    "path",
    "adjacency",
    "graph_features",
)
_WHOLE = {"cole", "arch2vec", "cate"}  # what learns nothing in fit but its reduction


def main() -> int:
    """Print a line of CSV for every label, arm and size: mean and deviation of Kendall tau, and p."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("arms", nargs="*", help="encoders, with options; by default those compared with")
    parser.add_argument("--base", default=BASE, help="the arm that the others are compared with")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--sizes", default="14,55,220,879")
    parser.add_argument("--tables", default=",".join(LABELS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", default=True, help="folder of embeddings; by default that of archenc")
    options = parser.parse_args()
    arms = list(dict.fromkeys([options.base, *(options.arms or ARMS)]))
    sizes = [int(size) for size in options.sizes.split(",")]
    print("table,label,arm,n_train,trials,mean,std,difference,p", flush=True)
    for name in options.tables.split(","):
        table = archenc.BenchmarkTable.open(name)
        rows = table.select(list(LABELS[name]))
        pool = np.random.default_rng([options.seed, 9]).permutation(rows)[:POOL]
        archs = list(table.architectures(pool))
        labels = {label: table.values(label)[pool] for label in LABELS[name]}
        base: dict[tuple[str, int], np.ndarray] = {}
        for arm in arms:
            found = {
                (label, size): np.array(taus)
                for label, size, taus in measured(arm, archs, labels, sizes, options)
            }
            base = base or found
            for (label, size), taus in found.items():
                differences = taus - base[label, size]
                tested = "" if arm == options.base else f"{corrected_t_test(differences, size, TESTED):.3f}"
                figures = f"{len(taus)},{taus.mean():.4f},{taus.std(ddof=1):.4f},{differences.mean():+.4f}"
                print(f"{name},{label},{arm},{size},{figures},{tested}", flush=True)
    return 0


def measured(
    arm: str,
    archs: list[archenc.Architecture],
    labels: dict[str, np.ndarray],
    sizes: list[int],
    options: argparse.Namespace,
) -> Iterator[tuple[str, int, list[float]]]:
    """Yield label, size and the Kendall tau of every trial."""
    encoder = encoders(arm)[0]
    learned = arm.split(":")[0] in _WHOLE
    codes = None
    if learned:
        if hasattr(encoder, "reduction"):
            encoder.set_params(reduction="none", cache=options.cache)
        codes = encoder.fit(archs).transform(archs)
    taus: dict[tuple[str, int], list[float]] = {(label, size): [] for label in labels for size in sizes}
    for trial in range(options.trials):
        order = np.random.default_rng([options.seed, trial]).permutation(len(archs))
        test = order[-TESTED:]
        for size in sizes:
            train = order[:size]
            if codes is None:
                fitted = encoder.fit([archs[row] for row in train])
                seen, unseen = (fitted.transform([archs[row] for row in part]) for part in (train, test))
            else:
                reduction = Reduction().fit(codes[train])
                seen, unseen = reduction.transform(codes[train]), reduction.transform(codes[test])
            for label, y in labels.items():
                ridge = RidgeCV(alphas=np.logspace(-7, 5, 37)).fit(seen, y[train])
                taus[label, size].append(archenc.kendall_tau(true=y[test], pred=ridge.predict(unseen)))
    for (label, size), values in taus.items():
        yield label, size, values


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
