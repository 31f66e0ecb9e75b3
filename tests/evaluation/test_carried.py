"""Zero-shot: what learns on one space and is tested on another."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from archenc.encoders import BagOfTokens, Path
from archenc.errors import InvalidArgument
from archenc.evaluation import Method, Protocol, Task, evaluate
from archenc.evaluation.carried import Carried, Labelled, carried
from archenc.evaluation.fingerprint import fingerprint
from archenc.predictors import Ridge
from archenc.spaces import space

SOURCE, TARGET = space("nasbench201").sample(60, 0), space("transnasbench101").sample(40, 1)


@pytest.fixture(scope="module")
def source() -> Task:
    labels = [str(arch.to_json()).count("conv3x3") + 0.01 * place for place, arch in enumerate(SOURCE)]
    return Task.from_arrays(SOURCE, labels, space="nasbench201")


def reader() -> Pipeline:
    return Pipeline([("encoder", BagOfTokens("words")), ("predictor", Ridge())])


def test_a_head_that_learned_on_one_space_ranks_another(source):
    wanted = [str(arch.to_json()).count("conv3x3") for arch in TARGET]
    model = Carried(reader(), Labelled.of(source, 50)).fit()
    assert np.corrcoef(model.predict(TARGET), wanted)[0, 1] > 0.5
    archs, labels = model.source.draw(0)
    again = reader().fit(archs, labels)
    np.testing.assert_array_equal(model.predict(TARGET), again.predict(TARGET))


def test_the_seed_decides_what_is_drawn_and_a_clone_shares_the_source(source):
    labelled = Labelled.of(source, 20)
    model = clone(Carried(reader(), labelled, seed=1))
    assert model.source is labelled
    assert labelled.draw(1)[1].tolist() == labelled.draw(1)[1].tolist() != labelled.draw(2)[1].tolist()
    assert fingerprint(model) == fingerprint(Carried(reader(), Labelled.of(source, 20), seed=1))
    assert fingerprint(model) != fingerprint(Carried(reader(), Labelled.of(source, 21), seed=1))


def test_labels_of_the_target_are_refused(source):
    with pytest.raises(InvalidArgument, match="y has 2 labels of the target"):
        Carried(reader(), Labelled.of(source, 20)).fit(TARGET[:2], [1.0, 2.0])
    with pytest.raises(InvalidArgument, match="size=61: expected 2 to 60"):
        Labelled.of(source, 61)


def test_an_encoding_of_one_space_cannot_be_carried(source):
    model = Carried(Pipeline([("encoder", Path()), ("predictor", Ridge())]), Labelled.of(source, 20)).fit()
    with pytest.raises(InvalidArgument, match="transnasbench101"):
        model.predict(TARGET)


def test_trials_run_as_any_others(source, tmp_path):
    labels = [str(arch.to_json()).count("conv3x3") + 0.001 * place for place, arch in enumerate(TARGET)]
    task = Task.from_arrays(TARGET, labels, space="transnasbench101")
    methods = carried([Method("ridge", "words", reader())], Labelled.of(source, 50))
    protocol = Protocol(sizes=(0,), trials=2, few=True)
    found = evaluate(methods, task, protocol, metrics=("kendall_tau",), out=tmp_path)
    assert [(row["n_train"], row["n_test"]) for row in found.trials] == [(0, 40), (0, 40)]
    assert min(row["value"] for row in found.trials) > 0.3
    assert evaluate(methods, task, protocol, metrics=("kendall_tau",), out=tmp_path).resumed == 2
