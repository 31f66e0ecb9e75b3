"""What is expected of a cell from what its structure was worth on other tables."""

import numpy as np
import pytest

from archenc.encoders import Adjacency
from archenc.errors import InvalidArgument
from archenc.search import WholeSpace, make
from archenc.search.recipes.processes import recommended
from archenc.search.simulation import Problem, simulate
from archenc.search.structure_prior import FEATURES, StructurePrior, learned, structure, structure_prior
from archenc.search.surrogates.base import Lesson
from archenc.search.surrogates.features import Features
from archenc.search.surrogates.process import Process
from archenc.spaces import space

MEMBER = space(
    "nasbench201"
)  # ops: none, skip, conv1x1, conv3x3, avg_pool3x3; edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3


@pytest.fixture(scope="module")
def domain():
    return WholeSpace("transnasbench101")


def counts(text: str) -> dict[str, float]:
    return dict(zip(FEATURES, structure(MEMBER.parse(text)).tolist(), strict=True))


def test_counts_of_a_cell():
    found = counts(
        "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"
    )  # 0 -conv3x3- 1 -conv1x1- 2 -pool- 3, and 0 -skip- 3
    assert (found["connected"], found["parametrised"], found["spatial"]) == (1, 2, 1)
    assert (found["pools"], found["skips"]) == (1, 1)
    assert (found["most_parametrised"], found["most_spatial"]) == (2, 1)
    assert (found["fewest_parametrised"], found["fewest_spatial"]) == (0, 0)
    assert found["log_ways"] == pytest.approx(np.log(3))
    assert found["log_weights"] == pytest.approx(np.log(1 + 9 + 1))


def test_a_cell_that_nothing_passes_counts_nothing():
    found = counts("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    assert not any(found.values())


@pytest.mark.parametrize("name", ["nasbench101", "nasbench301", "transnasbench101_macro"])
def test_every_space_has_counts(name):
    rows = np.stack([structure(arch) for arch in space(name).sample(20, 0)])
    assert np.isfinite(rows).all()
    assert np.ptp(rows[:, -1]) > 0


def test_a_new_task_has_the_mean_of_those_known_and_differs_as_they_do(domain):
    coefficients = np.zeros((2, len(FEATURES)))
    coefficients[:, -1] = 1.0, 0.0
    prior = StructurePrior(coefficients, np.array([0.5, 0.5]), scale=2.0)
    numbers = np.arange(len(domain))
    mean, basis = prior(domain, numbers)
    assert mean.std() == pytest.approx(2 * 0.5)
    np.testing.assert_allclose(np.square(basis).sum(axis=1), np.square(mean / 2), atol=1e-12)


def test_a_stranger_counts_as_one_task_among_those_known(domain):
    """Two tasks are known, of equal shares: of the stranger, nothing is expected in a third of the cases."""
    coefficients = np.zeros((2, len(FEATURES)))
    coefficients[:, -1] = 1.0, 0.0
    numbers = np.arange(len(domain))
    known, among = StructurePrior(coefficients, np.array([0.5, 0.5]))(domain, numbers)
    mean, basis = StructurePrior(coefficients, np.array([0.5, 0.5]), doubt=0.3)(domain, numbers)
    np.testing.assert_allclose(mean, 2 / 3 * known)
    rows = np.array([structure(arch) for arch in domain.archs(numbers)])
    std = rows.std(axis=0)
    rows = (rows - rows.mean(axis=0)) / np.where(std > 1e-12, std, 1)
    expected = 2 / 3 * np.square(among).sum(axis=1) + 1 / 3 * np.square(0.3 * rows).sum(axis=1)
    np.testing.assert_allclose(np.square(basis).sum(axis=1), expected, atol=1e-9)


def test_what_was_learned_may_leave_a_table_out(domain):
    numbers = np.arange(len(domain))
    assert len(learned()) == 8
    assert structure_prior("tables", 1.0, doubt=0)(domain, numbers)[1].shape[1] == 8
    assert structure_prior("tables", 1.0, "transnasbench101/jigsaw", 0)(domain, numbers)[1].shape[1] == 7
    alone, differs = structure_prior("tables", 1.0, "transnasbench101", 0)(domain, numbers)
    assert alone.std() > 0.5
    assert not differs.any()
    assert structure_prior("tables", 1.0, "transnasbench101")(domain, numbers)[1].any()
    assert not structure_prior("weights", 1.0)(domain, numbers)[1].any()
    for wrong in ("jigsaw", "transnasbench101/jig"):
        with pytest.raises(InvalidArgument, match=r"without=.*begins none of digits201"):
            structure_prior("tables", 1.0, wrong)
    with pytest.raises(InvalidArgument, match="legal: weights, tables"):
        structure_prior("habit", 1.0)


def test_the_process_learns_that_weights_do_harm_here(domain):
    """A basis makes what was seen of one cell count for all of its structure, however far in the codes."""
    numbers = np.arange(len(domain))
    weights = structure_prior("weights", 1.0)(domain, numbers)[0]
    seen = np.random.default_rng(0).choice(len(domain), 40, replace=False)
    process = Process(Features(Adjacency()), prior=0.8, experience="tables")
    assert np.corrcoef(process.expected(domain, numbers)[0], weights)[0, 1] > 0.5
    model = process.fit_together(domain, [Lesson(seen, -weights[seen], 0)])[0]
    assert np.corrcoef(model(numbers).mean, weights)[0, 1] < -0.5


def test_expectation_leads_from_the_second_evaluation(domain):
    numbers = np.arange(len(domain))
    mean, _ = structure_prior("tables", 1.0)(domain, numbers)
    for seed in range(3):
        searcher = make("recommended", domain, seed=seed)
        first = searcher.ask(1)
        searcher.tell(first, [float("nan")])
        assert len(searcher.ask(1)) == 1  # nothing succeeded: at random
        searcher.tell(searcher.pending, [0.3])
        second = domain.number(searcher.ask(1)[0])
        assert (mean > mean[second]).mean() < 0.02


def reached(domain, values: np.ndarray, doubt: float, budget: int = 10) -> list[float]:
    """Return the share of architectures better than the best found, a seed each; only digits201 is known."""
    problem = Problem(domain, values, budget)
    start = recommended(without="transnasbench101", doubt=doubt)
    best = [values[run.numbers].max() for run in simulate(problem, start, [0, 1, 2])]
    return [float((values > one).mean()) for one in best]


def test_experience_that_misleads_is_overcome(domain):
    """What was good elsewhere is bad here: without doubt the search stays where it was led."""
    numbers = np.arange(len(domain))
    values = -structure_prior("tables", 1.0, "transnasbench101")(domain, numbers)[0]
    assert max(reached(domain, values, doubt=0.2)) < 0.005
    assert max(reached(domain, values, doubt=0.0)) > 0.1


def test_experience_that_helps_is_kept(domain):
    numbers = np.arange(len(domain))
    values = structure_prior("tables", 1.0, "transnasbench101")(domain, numbers)[0]
    values = values + np.random.default_rng(0).normal(0, 0.3, len(values))
    assert max(reached(domain, values, doubt=0.2)) < 0.002


@pytest.mark.parametrize("doubt", [-0.1, float("nan"), float("inf"), True])
def test_a_doubt_that_is_none_is_refused(domain, doubt):
    with pytest.raises(InvalidArgument, match="doubt="):
        make("recommended", domain, doubt=doubt)
