"""Canonical forms over all 15,625 cells of NAS-Bench-201: the published counts, and how the forms relate."""

import csv

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument, UnknownName
from archenc.graph import (
    Architecture,
    Cell,
    Edge,
    as_batch,
    canonical_text,
    canonical_texts,
    class_labels,
    connected,
    forms,
    ids,
    op,
)
from archenc.spaces import space

# form: classes, largest class, classes of one cell
COUNTS = {
    "raw-v1": (15625, 1, 15625),
    "live-v1": (9445, 341, None),
    "live-iso-v1": (8765, 341, None),
    "skip-v1": (12751, 12, 11661),
    "nats-v1": (6466, 275, 5116),
    "algebra-v1": (4930, 460, 3724),
}


@pytest.fixture(scope="module")
def labels():
    batch = as_batch(space("nb201").architectures())
    return {form: class_labels(batch, form) for form in COUNTS}


def refines(fine: np.ndarray, coarse: np.ndarray) -> bool:
    """Whether cells of one fine class always share the coarse class."""
    return len(np.unique(np.stack([fine, coarse]), axis=1).T) == len(np.unique(fine))


@pytest.mark.parametrize("form", COUNTS)
def test_counts_over_nasbench201(labels, form):
    classes, largest, single = COUNTS[form]
    sizes = np.bincount(labels[form])
    assert (len(sizes), sizes.max()) == (classes, largest)
    if single is not None:
        assert (sizes == 1).sum() == single


def test_which_form_refines_which(labels):
    assert refines(labels["raw-v1"], labels["live-v1"])
    assert refines(labels["live-v1"], labels["live-iso-v1"])
    assert refines(labels["live-iso-v1"], labels["algebra-v1"])
    assert refines(labels["nats-v1"], labels["algebra-v1"])
    assert refines(labels["skip-v1"], labels["algebra-v1"])
    assert not refines(labels["skip-v1"], labels["nats-v1"])
    assert not refines(labels["nats-v1"], labels["skip-v1"])


def test_the_zero_class_of_algebra_is_the_341_disconnected_cells(labels):
    archs = space("nb201").architectures()
    texts = canonical_texts(archs, "algebra-v1")
    np.testing.assert_array_equal(texts == "#", ~connected(archs))
    assert (texts == "#").sum() == 341


def test_labels_number_classes_by_first_occurrence(labels):
    for form, found in labels.items():
        _, first = np.unique(found, return_index=True)
        assert (np.diff(first) > 0).all(), form


def test_nats_is_the_published_unique_string(shared_data):
    with (shared_data / "nb201" / "nats_bench.csv").open(newline="") as file:
        published = [row["UniqueString"] for row in csv.DictReader(file)]
    assert canonical_texts(space("nb201").architectures(), "nats-v1").tolist() == published


@pytest.mark.parametrize("form", forms()[:-1])
def test_a_population_and_one_architecture_agree(form):
    archs = space("nb201").sample(60, 3)
    assert canonical_texts(archs, form).tolist() == [canonical_text(arch, form) for arch in archs]
    assert ids(archs, form).tolist() == [arch.id(form) for arch in archs]


def chain(name: str) -> Cell:
    return Cell((op("input"), op("sum"), op("output")), (Edge(0, 1, op(name)), Edge(1, 2, op("skip"))))


def test_two_cells_are_joined_in_order():
    archs = [Architecture("any", (chain(a), chain(b))) for a, b in (("conv3x3", "none"), ("none", "conv3x3"))]
    assert canonical_texts(archs, "algebra-v1").tolist() == ["(0)@nor_conv_3x3 / #", "# / (0)@nor_conv_3x3"]
    assert [canonical_text(arch, "algebra-v1") for arch in archs] == canonical_texts(
        archs, "algebra-v1"
    ).tolist()


def test_attributes_separate_classes():
    archs = [Architecture("any", (chain("conv3x3"),), (("width", w),)) for w in (16, 32, 16)]
    assert class_labels(archs, "nats-v1").tolist() == [0, 1, 0]
    assert [arch.id() for arch in archs] == ids(archs, "nats-v1").tolist()


def test_what_does_not_fit_is_refused():
    archs = space("nb201").sample(2, 0)
    nodes = Architecture(
        "any", (Cell.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "skip", "output"]),)
    )
    with pytest.raises(UnknownName, match="no canonical form 'nats'"):
        class_labels(archs, "nats")
    with pytest.raises(InvalidArchitecture, match="'nb101-v1' is for operations on nodes"):
        canonical_texts(archs, "nb101-v1")
    with pytest.raises(InvalidArchitecture, match="'nats-v1' is for operations on edges"):
        canonical_texts([nodes], "nats-v1")
    with pytest.raises(InvalidArgument, match=r"native.*op_on_node"):
        canonical_texts(as_batch(archs, "op_on_node"), "nats-v1")
