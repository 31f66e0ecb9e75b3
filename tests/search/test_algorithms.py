"""What algorithms do, step by step, on problems whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin

from archenc.encoders import Adjacency, GraphFeatures
from archenc.search import LocalSearch, ModelGuided, Pool, RegularisedEvolution, WholeSpace, make, search
from archenc.search.candidates import Everything, Mutations, RandomDraws, Union
from archenc.search.choosing import Best, FromTop, Halving
from archenc.search.measures import evaluations_to, near_best
from archenc.search.recipes import FLAN_SIZES
from archenc.search.simulation import Method, curve, simulate
from archenc.search.study import Task
from archenc.search.surrogates.base import Lesson
from archenc.search.surrogates.distances import Distances
from archenc.search.surrogates.dngo import DNGO
from archenc.search.surrogates.features import Features
from archenc.search.surrogates.process import Process
from archenc.spaces import space
from archenc.tables import BenchmarkTable, import_benchmark

MEMBER = space("nasbench201")
NB201 = WholeSpace(MEMBER, identity="key")
WEIGHTS = np.random.default_rng(5).permutation(30).reshape(6, 5).astype(float)
MOST = WEIGHTS.max(axis=1).sum()


def hill(archs):
    """A sum over edges: every architecture but the best has a better neighbour."""
    return [float(WEIGHTS[np.arange(6), list(MEMBER.code(arch))].sum()) for arch in archs]


@pytest.mark.parametrize("move", ["first", "steepest"])
@pytest.mark.parametrize("stuck", ["restart", "continue"])
def test_local_search_climbs_a_hill_to_its_top(move, stuck):
    for seed in range(5):
        history = search(LocalSearch(NB201, move=move, stuck=stuck, seed=seed), hill, 150)
        assert history.best_so_far[-1] == MOST


def test_steepest_ascent_looks_at_all_neighbours_before_it_moves():
    searcher = LocalSearch(NB201, initial=1, move="steepest", seed=0)
    numbers = [NB201.number(arch) for arch in search(searcher, hill, 49).archs]
    assert set(numbers[1:25]) == set(NB201.neighbours(numbers[0]).tolist())
    best = numbers[1 + int(np.argmax(hill(NB201.archs(numbers[1:25]))))]
    new = set(NB201.neighbours(best).tolist()) - set(numbers[:25])
    assert set(numbers[25 : 25 + len(new)]) == new


def test_a_local_optimum_is_left_by_a_restart_or_from_the_next_best():
    def plateau(archs):
        return [0.0] * len(archs)

    def strangers(searcher):
        numbers = [NB201.number(arch) for arch in search(searcher, plateau, 40).archs]
        known = set(NB201.neighbours(numbers[0]).tolist()) | set(NB201.neighbours(numbers[1]).tolist())
        return [n for n in numbers[2:] if n not in known]

    assert strangers(LocalSearch(NB201, initial=2, restart=3, seed=1))
    assert not strangers(LocalSearch(NB201, initial=2, stuck="continue", seed=1))


def test_evolution_keeps_the_youngest_and_its_parents_win_tournaments():
    searcher = RegularisedEvolution(NB201, initial=10, population=12, tournament=12, seed=0)
    history = search(searcher, hill, 40)
    numbers = [NB201.number(arch) for arch in history.archs]
    values = dict(zip(numbers, history.values, strict=True))
    for place in range(12, 40):  # nothing repeats here unless a child was known
        recent = numbers[max(0, place - 12) : place]
        near = set(NB201.neighbours(numbers[place]).tolist())
        best = max(recent, key=values.__getitem__)
        if best not in near:
            break
    assert place >= 14


def test_candidates():
    rng, ranked, closed = np.random.default_rng(0), np.array([5, 9, 700]), {5, 9, 700, 12}
    everything = Everything()(NB201, ranked, closed, rng)
    assert len(everything) == 15_625 - 4
    assert not closed & set(everything.tolist())
    few = Mutations(10)(NB201, ranked, closed, rng)
    assert len(set(few.tolist())) == 10
    assert set(few.tolist()) <= set(NB201.neighbours(5).tolist())
    more = Mutations(40)(NB201, ranked, closed, rng)
    assert len(set(more.tolist())) == 40
    assert len(set(more.tolist()) - set(NB201.neighbours(5).tolist())) >= 16
    fixed = Mutations(2, parents=16, distinct=False)(NB201, ranked, closed, rng)
    assert len(fixed) == 6
    drawn = RandomDraws(50)(NB201, ranked, closed, rng)
    both = Union((Mutations(10), RandomDraws(50)))(NB201, ranked, closed, rng)
    assert 40 < len(drawn) <= 50 < len(both) <= 60


def test_rounds_are_chosen_greedily_or_by_chance():
    scores, rng = np.arange(1000.0)[None], np.random.default_rng(0)
    assert Best()(scores, 3, rng, 0).tolist() == [999, 998, 997]
    half = Halving(floor=20)(scores, 10, rng, 5)
    assert half[:5].tolist() == [999, 998, 997, 996, 995]
    assert set(half[5:].tolist()) <= set(range(1000 - 31, 995))
    top = FromTop(100)(scores, 10, rng, 0)
    assert top.min() >= 900
    assert len(set(top.tolist())) == 10
    members = np.array([[1.0, 5.0, 3.0], [1.0, 9.0, 3.0]])
    assert Best()(members, 2, rng, 0).tolist() == [1, 2]


def test_the_rounds_of_flan():
    assert np.cumsum([4, *FLAN_SIZES]).tolist() == [4, 8, 12, 16, 24, 28, 32, 48, 64, 96, 128]
    searcher = make("flan_rounds", NB201, predictor="ridge", encoder="adjacency", seed=0)
    sizes = []
    while len(searcher.told) < 128:
        archs = searcher.ask(1000)
        sizes.append(len(archs))
        searcher.tell(archs, hill(archs))
    assert np.cumsum(sizes).tolist() == np.cumsum([4, *FLAN_SIZES]).tolist()


class Line(TransformerMixin, BaseEstimator):
    """Puts architectures on a line, by their place in the pool."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([[float(PLACES[arch])] for arch in X])


LINE = MEMBER.sample(60, 3)
LINE = list({arch.id(): arch for arch in LINE}.values())[:40]
PLACES = {arch: place for place, arch in enumerate(LINE)}


def test_the_neighbours_in_an_encoding_come_in_order_of_distance():
    pool = Pool(LINE)
    surrogate = DNGO(Features(Line()), epochs=1)
    searcher = ModelGuided(pool, surrogate, initial=LINE[10:12], size=1, nearest=1)
    archs = searcher.ask(2)
    searcher.tell(archs, [5.0, 1.0])  # 10 is the best, and stays so
    seen = {10, 11}
    for _ in range(6):
        asked = [PLACES[arch] for arch in searcher.ask(10)]
        proposed, nearest = asked
        open_ = [place for place in range(40) if place not in seen | {proposed}]
        assert abs(nearest - 10) == min(abs(place - 10) for place in open_)
        seen |= {*asked}
        searcher.tell(searcher.pending, [0.0, 0.0])


def test_a_surrogate_that_does_not_get_better_forgets():
    pool = Pool(MEMBER.sample(200, 0))
    searcher = make("cate_local", pool, initial=5, size=2, nearest=0, patience=3, epochs=1, seed=0)
    values = iter(np.linspace(1, 0, 100).tolist())
    for size in (5, 2, 2, 2):
        archs = searcher.ask(10)
        assert len(archs) == size
        searcher.tell(archs, [next(values) for _ in archs])
    redrawn = searcher.ask(10)
    assert len(redrawn) == 5
    searcher.tell(redrawn, [0.5, 0.4, 0.3, 0.2, 0.1])
    lesson = searcher.lesson()
    assert lesson is not None
    assert sorted(lesson.numbers.tolist()) == sorted(pool.number(arch) for arch in redrawn)


def asked_in_rounds(values, rounds, objectives=1):
    """Return how many CATE's search asks for in each round, if rounds bring these values from 5 on."""
    pool = Pool(MEMBER.sample(200, 0))
    options = {"initial": 5, "size": 2, "nearest": 0, "patience": 3, "epochs": 1}
    searcher = make("cate_local", pool, objectives=objectives, seed=0, **options)
    searcher.tell(archs := searcher.ask(5), [values(place) for place in range(5)])
    sizes = []
    for turn in range(rounds):
        archs = searcher.ask(10)
        sizes.append(len(archs))
        searcher.tell(archs, [values(5 + turn + share / 10) for share in range(len(archs))])
    return sizes


def test_rounds_that_bring_nothing_better_count_in_all_as_cate_has_them():
    worse = asked_in_rounds(lambda place: float(-place), 8)
    assert worse == [2, 2, 2, 5, 2, 2, 5, 2]  # the last of three bad rounds draws anew, and so on
    by_turns = asked_in_rounds(lambda place: float(place if int(place) % 2 else -place), 8)
    assert by_turns.index(5) == 6
    assert 5 not in asked_in_rounds(lambda place: (float(place), -float(place)), 8, objectives=2)
    assert 5 in asked_in_rounds(lambda place: (-float(place), -float(place)), 8, objectives=2)


def test_a_search_that_begins_anew_ends_with_its_budget():
    searcher = make(
        "cate_local", Pool(MEMBER.sample(200, 0)), initial=5, size=2, patience=2, epochs=1, seed=0
    )
    assert len(search(searcher, lambda archs: [-float(searcher.evaluations)] * len(archs), 60)) == 60


def test_the_process_goes_through_what_it_saw_and_doubts_what_is_far():
    process, domain = Process(Features(Adjacency()), target="raw"), NB201
    numbers = np.array([0, 40, 900, 7000, 15_000, 3, 5])
    values = np.array(hill(domain.archs(numbers)))
    model = process.fit_together(domain, [Lesson(numbers, values, 0)])[0]
    seen, others = model(numbers), model(np.arange(15_625))
    standard = (values - values.mean()) / values.std()
    assert np.corrcoef(seen.mean, standard)[0, 1] > 0.9
    assert seen.deviation().max() < np.median(others.deviation())
    assert model.best(numbers, values) == pytest.approx(seen.mean.max())


def test_the_process_expects_more_of_more_weights():
    process = Process(Features(Adjacency()), prior=0.7)
    expected, basis = process.expected(NB201, np.arange(15_625))
    assert not basis.any()
    assert expected.mean() == pytest.approx(0, abs=1e-9)
    assert expected.std() == pytest.approx(0.7)
    codes = np.array([MEMBER.code(arch) for arch in MEMBER.architectures()])
    assert (codes[np.argmax(expected)] == 3).all()
    unlisted = WholeSpace("nasbench301")
    numbers = np.array([unlisted.sample(np.random.default_rng(seed)) for seed in range(30)])
    assert np.ptp(process.expected(unlisted, numbers)[0]) > 0


@pytest.fixture(scope="module")
def nb201(shared_data, tmp_path_factory):
    """The table of NAS-Bench-201, imported from the public files."""
    import_benchmark("nb201", shared_data, home=(home := tmp_path_factory.mktemp("home")))
    return BenchmarkTable.open("nasbench201", home=home)


BANDS = {  # validation regret in points at 50, 100 and 150 evaluations, of 1,000 seeds of an independent twin
    "evolution:charge_duplicates=true": {
        "cifar10": (0.368, 0.154, 0.108),
        "cifar100": (1.241, 0.432, 0.191),
        "imagenet16": (0.918, 0.450, 0.268),
    },
    "local": {
        "cifar10": (0.195, 0.055, 0.015),
        "cifar100": (0.759, 0.182, 0.027),
        "imagenet16": (0.765, 0.427, 0.296),
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", BANDS)
@pytest.mark.parametrize("dataset", ["cifar10", "cifar100", "imagenet16"])
def test_regret_lies_in_the_band_of_an_independent_simulation(nb201, algorithm, dataset):
    problem = Task(nb201, f"{dataset}_val_accuracy_200ep").problem(150)
    best = np.nanmax(problem.values)
    runs = simulate(problem, Method(algorithm).begin(), list(range(120)))
    curves = np.stack([curve(problem, run.numbers) for run in runs])
    regret = 100 * (best - curves[:, [49, 99, 149]])
    error = np.hypot(regret.std(axis=0, ddof=1) / 120**0.5, regret.std(axis=0, ddof=1) / 1000**0.5)
    assert (np.abs(regret.mean(axis=0) - BANDS[algorithm][dataset]) < 4 * error + 0.001).all()


@pytest.mark.slow
def test_the_recommended_search_beats_local_search_on_digits201():
    problem = Task(BenchmarkTable.open("digits201"), "digits_val_accuracy_16ep").problem(40)
    medians = []
    for name in ("recommended", "local"):
        runs = simulate(problem, Method(name).begin(), list(range(20)))
        curves = np.stack([curve(problem, run.numbers) for run in runs])
        medians.append(np.median(evaluations_to(curves, near_best(problem.values.max()))))
    assert medians[0] < medians[1]


@pytest.mark.parametrize("domain", [NB201, WholeSpace("nasbench301")], ids=["listed", "as met"])
def test_distances_are_mean_squares_within_each_encoder_added_up(domain):
    rng = np.random.default_rng(0)
    numbers = np.array(sorted({domain.sample(rng) for _ in range(12)}))
    features = Features([Adjacency(), GraphFeatures(max_subset=1)])
    found = Distances(features).between(domain, numbers[:4], numbers)
    codes, widths = features.of(domain, numbers), features.widths(domain)
    for i, j in [(0, 0), (1, 7), (3, 2)]:
        parts = np.split((codes[i] - codes[j]) ** 2, np.cumsum(widths)[:-1])
        assert found[i, j] == pytest.approx(sum(part.mean() for part in parts), rel=1e-4, abs=1e-4)
