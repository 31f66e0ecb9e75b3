"""The texts that a model learns from: what says the same is one family, and costs are those of live parts."""

from __future__ import annotations

import numpy as np
import pytest

from archenc.encoders.cole.learning.corpus import Corpus, gather_texts
from archenc.errors import InvalidArgument
from archenc.networks import build, count
from archenc.spaces import space
from archenc.text import texts


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return gather_texts(("nasbench101", "transnasbench101"), 200, 5)


@pytest.fixture(scope="module")
def whole() -> Corpus:
    return gather_texts(("tnb101",), 10_000, 0)


def test_every_text_comes_once_and_every_family_has_a_canonical_one(corpus: Corpus) -> None:
    assert len(set(corpus.texts)) == len(corpus.texts) == len(corpus.family)
    assert set(corpus.family[corpus.canonical]) == set(range(len(corpus.space)))
    assert sorted(set(corpus.space)) == [0, 1]
    assert sum(len(rows) for rows in corpus.members()) == len(corpus.texts)


def test_a_family_holds_the_texts_of_one_network(whole: Corpus) -> None:
    cells = space("tnb101").sample(200, 1)
    plain, canonical = texts(cells), texts(cells, canonical=True)
    number = {text: row for row, text in enumerate(whole.texts)}
    for one, other in zip(plain, canonical, strict=True):
        if one in number:  # numbered by lot, not every spelling is there
            assert whole.family[number[one]] == whole.family[number[other]]
    ids: dict[int, set[str]] = {}
    for text in canonical:
        ids.setdefault(int(whole.family[number[text]]), set()).add(text)
    assert any(len(found) > 1 for found in ids.values()), "some networks have several canonical texts"
    classes = {
        cell.id(): int(whole.family[number[text]]) for cell, text in zip(cells, canonical, strict=True)
    }
    assert all(
        whole.family[number[text]] == classes[cell.id()] for cell, text in zip(cells, canonical, strict=True)
    )


def test_the_cost_of_a_family_is_that_of_its_network() -> None:
    cells = space("nb101").sample(8, 2)
    found = gather_texts(("nb101",), 8, 2)  # the same cells
    number = {text: row for row, text in enumerate(found.texts)}
    known = found.cost[[found.family[number[text]] for text in texts(cells, canonical=True)], 0]
    built = np.log([count(build(cell, device="meta")).params for cell in cells])
    assert np.allclose(known * built.std() + built.mean(), built, atol=0.05 * built.std())


def test_a_family_costs_what_its_least_member_does(whole: Corpus) -> None:
    cells = space("tnb101").sample(16, 2)
    number = {text: row for row, text in enumerate(whole.texts)}
    known = whole.cost[[whole.family[number[text]] for text in texts(cells, canonical=True)], 0]
    built = np.log([count(build(cell, device="meta")).params for cell in cells])
    slope, start = np.linalg.lstsq(np.stack([known, np.ones(16)], axis=1), built, rcond=None)[0]
    assert slope > 0
    below = built - (slope * known + start)
    assert below.max() > 0.05, "dead parts cost, too"


@pytest.mark.slow
def test_spaces_with_two_cells_have_two_costs() -> None:
    found = gather_texts(("transnasbench101", "nasbench301"), 200, 5)
    two = found.cost[found.space == 1]
    assert np.isfinite(two).all()
    assert np.isnan(found.cost[found.space == 0][:, 1]).all()
    assert np.allclose(np.nanmean(two, axis=0), 0, atol=1e-9)
    assert abs(np.corrcoef(two.T)[0, 1]) < 0.3, "drawn one apart from the other"


def test_the_same_seed_gives_the_same_texts() -> None:
    one, other, third = (gather_texts(("nb101",), 40, seed) for seed in (0, 0, 1))
    assert one.texts == other.texts != third.texts
    assert np.array_equal(one.family, other.family)


def test_a_part_of_a_corpus_keeps_what_belongs_together(corpus: Corpus) -> None:
    kept = [row for row, text in enumerate(corpus.texts) if len(text) < 450]
    short = corpus.only(kept)
    assert len(short.texts) < len(corpus.texts)
    assert set(short.family[short.canonical]) == set(range(len(short.space)))
    assert set(short.space) == {1}, "texts of NAS-Bench-101 are longer"
    place = {text: row for row, text in enumerate(corpus.texts)}
    for row, text in enumerate(short.texts):
        assert np.array_equal(
            short.cost[short.family[row]], corpus.cost[corpus.family[place[text]]], equal_nan=True
        )
    with pytest.raises(InvalidArgument, match="longer than the model reads"):
        corpus.only([])
