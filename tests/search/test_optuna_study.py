"""Optuna: a searcher of ours chooses, values come back, failures count, a stored study goes on."""

from __future__ import annotations

import warnings

import pytest

from archenc.errors import InvalidArgument
from archenc.search import Pool, WholeSpace, make, search
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

optuna = pytest.importorskip("optuna", reason="needs the extra optuna")
from archenc.search.optuna_study import ArchitectureSampler, study_of, suggest  # noqa: E402

NB201 = space("nasbench201")
ARCHS = list({arch.id(): arch for arch in NB201.sample(40, 0)}.values())[:30]
QUALITY = {arch.id(): float((7 * place) % 30) for place, arch in enumerate(ARCHS)}
optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(study):
    def run(trial):
        return QUALITY[study.sampler.suggest(trial).id()]

    return run


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("name", ["evolution", "gaussian_process"])
def test_a_study_asks_what_the_searcher_asks(name, direction):
    sign = 1 if direction == "maximize" else -1
    plain = search(
        make(name, Pool(ARCHS), seed=3), lambda archs: [sign * QUALITY[arch.id()] for arch in archs], 20
    )
    study = study_of(make(name, Pool(ARCHS), seed=3), direction=direction)
    study.optimize(objective(study), n_trials=20)
    asked = [trial.user_attrs["architecture"] for trial in study.trials]
    assert asked == [NB201.format(arch) for arch in plain.archs]
    assert plain.best is not None
    assert study.best_value == sign * plain.best[1]


def test_ask_and_tell_and_other_parameters():
    study = study_of(make("evolution", Pool(ARCHS), seed=0))
    trial = study.ask()
    arch = study.sampler.suggest(trial)
    assert 0 <= trial.suggest_float("lr", 0, 1) <= 1
    study.tell(trial, QUALITY[arch.id()])
    assert study.sampler.searcher.told == [(arch, QUALITY[arch.id()])]
    study.enqueue_trial({"architecture": 7})
    assert study.sampler.suggest(study.ask()).id() == ARCHS[7].id()


def test_a_failure_is_a_failed_evaluation_and_the_end_of_the_domain_ends_the_study():
    study = study_of(make("local", Pool(ARCHS), seed=0, initial=4))

    def sometimes(trial):
        arch = study.sampler.suggest(trial)
        if QUALITY[arch.id()] % 3 == 0:
            raise ValueError("out of memory")
        if QUALITY[arch.id()] % 3 == 1:
            raise optuna.TrialPruned
        return QUALITY[arch.id()]

    study.optimize(sometimes, n_trials=100, catch=(ValueError,))
    assert len(study.trials) == 31  # the last found nothing left
    assert len({trial.params["architecture"] for trial in study.trials[:30]}) == 30
    assert len(study.sampler.searcher.told) == 30
    assert study.best_value == 29


def test_a_stored_study_is_caught_up_with(tmp_path):
    stored = {"storage": f"sqlite:///{tmp_path}/s.db", "study_name": "s", "load_if_exists": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SQLAlchemy
        for _ in range(2):
            study = study_of(make("evolution", WholeSpace("nasbench301"), seed=0, initial=3), **stored)
            sampler = study.sampler
            study.optimize(lambda trial, by=sampler: float(len(by.suggest(trial).id())), n_trials=4)
    assert len(study.trials) == 8
    assert len(study.sampler.searcher.told) == 8


def test_several_directions_are_several_objectives():
    study = study_of(make("evolution", Pool(ARCHS), objectives=2), direction=["maximize", "minimize"])
    run = objective(study)
    study.optimize(lambda trial: (run(trial), 2.0), n_trials=3)
    assert [value[1] for _, value in study.sampler.searcher.told] == [-2.0] * 3


def test_samplers_of_optuna_search_a_space_by_its_operations():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    seen = []
    study.optimize(lambda trial: seen.append(suggest(trial, "nb201")) or 0.0, n_trials=6)
    assert len({arch.id() for arch in seen}) > 3
    assert seen[0] == NB201.parse(NB201.format(seen[0]))
    assert len(study.trials[0].params) == 6
    with pytest.raises(InvalidArgument, match="take ArchitectureSampler"):
        suggest(study.ask(), "nds_darts")


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("nasbench301", 24),
        ("nasbench101", 26),
        ("natsbenchsize", 5),
        ("nasbenchmacro", 8),
        ("transnasbench101_macro", 7),
    ],
)
def test_samplers_of_optuna_search_other_spaces_by_their_choices(name, choices):
    member = space(name)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    seen = []
    study.optimize(lambda trial: seen.append(suggest(trial, name)) or 0.0, n_trials=40)
    assert len({arch.id() for arch in seen}) > 3
    assert all(member.parse(member.format(arch)) == arch for arch in seen)
    assert max(len(trial.params) for trial in study.trials) == choices
    assert {trial.state.name for trial in study.trials} <= {"COMPLETE", "PRUNED"}


@unchecked()
def test_what_is_no_searcher_is_refused():
    with pytest.raises(InvalidArgument, match="expected a Searcher"):
        ArchitectureSampler("evolution")
    with pytest.raises(InvalidArgument, match="has 1 objectives"):
        study_of(make("random", Pool(ARCHS)), direction=["maximize", "minimize"])
