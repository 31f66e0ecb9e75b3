"""What every encoder must do, as a test class to inherit; needs pytest.

class TestMine(EncoderKit):
    def make_encoder(self): return Mine()
    def architectures(self): return some_forty_different_architectures_of_one_space
"""

from __future__ import annotations

import copy
import pickle
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline

from archenc.encoders.base import Encoder
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch, renumbered
from archenc.spaces import space
from archenc.typing import Seed, as_generator

__all__ = ["EncoderKit", "relabelled"]

_RAISE: Any = "raise"  # scikit-learn annotates error_score as a number


class EncoderKit(ABC):
    """Abstract: the contract of `archenc.encoders.Encoder` as tests.

    can_be_renumbered: False for cells whose hidden nodes have one order only, chains that is.
    """

    can_be_renumbered: ClassVar[bool] = True

    @abstractmethod
    def make_encoder(self) -> Encoder:
        """Return a fresh encoder; whatever is given to its constructor must be the same at every call."""

    @abstractmethod
    def architectures(self) -> Sequence[Architecture]:
        """Return at least 20 different architectures of one space, the same at every call."""

    def grid(self) -> dict[str, list[Any]]:
        """Return settings of parameters to search over; by default the first one, if any, as it is."""
        first = list(self.make_encoder().get_params(deep=False).items())[:1]
        return {name: [value] for name, value in first}

    # --- the material -------------------------------------------------------------------------------------

    def train(self) -> list[Architecture]:
        """Return every second architecture, to fit on."""
        return list(self.architectures())[::2]

    def fitted(self) -> Encoder:
        """Return the encoder fitted on `train()`."""
        return self.make_encoder().fit(self.train())

    def labels(self) -> np.ndarray:
        """Return a label for each architecture, without meaning."""
        return np.random.default_rng(7).random(len(self.architectures()))

    # --- scikit-learn's contract --------------------------------------------------------------------------

    def test_fit_returns_self(self) -> None:
        encoder = self.make_encoder()
        assert encoder.fit(self.train()) is encoder

    def test_init_only_stores_its_arguments(self) -> None:
        encoder = self.make_encoder()
        assert vars(encoder) == encoder.get_params(deep=False)

    def test_fit_leaves_the_parameters_alone(self) -> None:
        encoder = self.make_encoder()
        before, text = encoder.get_params(deep=False), repr(encoder.get_params(deep=False))
        encoder.fit(self.train()).transform(self.train())
        after = encoder.get_params(deep=False)
        assert all(after[name] is value for name, value in before.items())
        assert repr(after) == text
        learned = set(vars(encoder)) - set(before)
        assert all(name.endswith("_") and not name.startswith("_") for name in learned), learned

    def test_clone_has_the_parameters_and_nothing_learned(self) -> None:
        encoder = self.fitted()
        twin: Any = clone(encoder)
        assert repr(twin.get_params()) == repr(encoder.get_params())
        with pytest.raises(NotFittedError):
            twin.transform(self.train())

    def test_use_before_fit_raises(self) -> None:
        with pytest.raises(NotFittedError):
            self.make_encoder().transform(self.train())
        with pytest.raises(NotFittedError):
            self.make_encoder().get_feature_names_out()

    def test_works_in_a_pipeline(self) -> None:
        X, y = list(self.architectures()), self.labels()
        pipeline: Any = Pipeline([("encoder", self.make_encoder()), ("ridge", Ridge())]).fit(X[::2], y[::2])
        scores = pipeline.predict(X[1::2])
        assert scores.shape == y[1::2].shape
        assert np.isfinite(scores).all()
        assert len(pipeline[:-1].get_feature_names_out()) == pipeline[-1].n_features_in_

    def test_works_in_cross_validation(self) -> None:
        X, y = list(self.architectures()), self.labels()
        pipeline = Pipeline([("encoder", self.make_encoder()), ("ridge", Ridge())])
        scores = cross_val_score(pipeline, X, y, cv=3, error_score=_RAISE)
        assert scores.shape == (3,)
        assert np.isfinite(scores).all()

    def test_works_in_a_grid_search(self) -> None:
        X, y = list(self.architectures()), self.labels()
        pipeline = Pipeline([("encoder", self.make_encoder()), ("ridge", Ridge())])
        grid = {f"encoder__{name}": values for name, values in self.grid().items()} | {
            "ridge__alpha": [0.1, 1.0]
        }
        search = GridSearchCV(pipeline, grid, cv=2, error_score=_RAISE).fit(X, y)
        assert search.best_params_.keys() == grid.keys()
        assert search.predict(X).shape == y.shape

    def test_works_in_a_feature_union(self) -> None:
        X = self.train()
        union = FeatureUnion([("one", self.make_encoder()), ("two", self.make_encoder())]).fit(X)
        code = self.fitted().transform(X)
        np.testing.assert_array_equal(union.transform(X), np.hstack([code, code]))
        assert len(union.get_feature_names_out()) == 2 * code.shape[1]

    def test_set_output_is_offered(self) -> None:
        encoder = self.make_encoder().set_output(transform="default").fit(self.train())
        assert isinstance(encoder.transform(self.train()), np.ndarray)
        if find_spec("pandas") is not None:  # an optional dependency of scikit-learn, not of ours
            table: Any = self.make_encoder().set_output(transform="pandas").fit(self.train())
            assert list(table.transform(self.train()).columns) == list(encoder.get_feature_names_out())

    # --- the code -----------------------------------------------------------------------------------------

    def test_codes_are_finite_float32_rows(self) -> None:
        X = self.architectures()
        for code in (self.fitted().transform(X), self.make_encoder().fit_transform(X)):
            assert code.dtype == np.float32
            assert code.ndim == 2
            assert len(code) == len(X)
            assert np.isfinite(code).all()

    def test_every_column_has_a_name_of_its_own(self) -> None:
        encoder = self.fitted()
        names = encoder.get_feature_names_out()
        assert names.dtype == object
        assert all(isinstance(name, str) for name in names)
        assert len(set(names)) == len(names) == encoder.transform(self.train()).shape[1]

    def test_the_same_architectures_give_the_same_codes(self) -> None:
        X = self.architectures()
        encoder = self.fitted()
        code = encoder.transform(X)
        np.testing.assert_array_equal(encoder.transform(X), code)
        np.testing.assert_array_equal(self.fitted().transform(X), code)
        np.testing.assert_array_equal(encoder.fit(self.train()).transform(X), code)

    def test_a_row_does_not_depend_on_its_company(self) -> None:
        X = list(self.architectures())
        encoder = self.fitted()
        code = encoder.transform(X)
        order = np.random.default_rng(0).permutation(len(X))
        np.testing.assert_array_equal(encoder.transform([X[k] for k in order]), code[order])
        np.testing.assert_array_equal(encoder.transform(X[3:8]), code[3:8])
        np.testing.assert_array_equal(encoder.transform(X[5:6]), code[5:6])
        np.testing.assert_array_equal(encoder.transform([*X, *X])[len(X) :], code)

    def test_fit_knows_the_training_rows_only(self) -> None:
        X, train = list(self.architectures()), self.train()
        encoder = self.fitted()
        code = encoder.transform(train)
        encoder.transform(X[1::2])
        np.testing.assert_array_equal(encoder.transform(train), code)
        np.testing.assert_array_equal(self.make_encoder().fit_transform(train), code)

    def test_all_kinds_of_populations_give_the_same_codes(self) -> None:
        X = list(self.architectures())
        encoder = self.fitted()
        code, batch = encoder.transform(X), as_batch(X)
        np.testing.assert_array_equal(encoder.transform(tuple(X)), code)
        objects: Any = np.empty(len(X), dtype=object)
        objects[:] = X
        np.testing.assert_array_equal(encoder.transform(objects), code)
        np.testing.assert_array_equal(encoder.transform(batch), code)
        np.testing.assert_array_equal(encoder.transform(batch[2:5]), code[2:5])
        np.testing.assert_array_equal(self.make_encoder().fit(as_batch(self.train())).transform(X), code)

    def test_the_input_is_not_changed(self) -> None:
        batch = as_batch(self.architectures())
        before = copy.deepcopy(batch)
        self.make_encoder().fit(batch).transform(batch)
        for name in ("adjacency", "ops", "edge_ops", "mask", "attributes"):
            np.testing.assert_array_equal(getattr(batch, name), getattr(before, name))

    def test_copies_give_the_same_codes(self) -> None:
        X = self.architectures()
        encoder = self.fitted()
        code = encoder.transform(X)
        for twin in (copy.copy(encoder), copy.deepcopy(encoder)):
            np.testing.assert_array_equal(twin.transform(X), code)
        assert pickle.dumps(encoder)  # worker processes get it this way

    # --- what it promises ---------------------------------------------------------------------------------

    def test_injective_codes_differ(self) -> None:
        encoder, X = self.fitted(), list(self.architectures())
        assert isinstance(encoder.injective, bool)
        if encoder.injective:
            distinct = {arch.to_json() for arch in X}
            assert len(np.unique(encoder.transform(X), axis=0)) == len(distinct)

    def test_invariant_codes_ignore_the_numbering(self) -> None:
        encoder, X = self.fitted(), list(self.architectures())
        assert isinstance(encoder.iso_invariant, bool)
        if encoder.iso_invariant:
            rng = np.random.default_rng(1)
            twins = [relabelled(arch, rng) for arch in X for _ in range(4)]
            differ = any(twin != arch for twin, arch in zip(twins[::4], X, strict=True))
            assert differ == self.can_be_renumbered, "can_be_renumbered does not say what the cells are"
            np.testing.assert_array_equal(
                encoder.transform(twins), np.repeat(encoder.transform(X), 4, axis=0)
            )

    def test_codes_of_another_space_lie_beside_its_own(self) -> None:
        encoder, name = self.fitted(), self.train()[0].space
        if encoder.across_spaces:
            other = "nasbench101" if name == "nasbench201" else "nasbench201"
            found = encoder.transform(space(other).sample(5, 0))
            assert found.shape == (5, encoder.transform(self.train()).shape[1])
            assert np.isfinite(found).all()

    # --- bad input ----------------------------------------------------------------------------------------

    def test_refuses_what_is_no_population(self) -> None:
        other_view = as_batch(self.train(), view="op_on_node")
        bad: list[Any] = [[], "|none~0|", ["|none~0|"], np.zeros((3, 2)), None, 3, other_view]
        for X in bad:
            with pytest.raises(InvalidArgument, match="X"):
                self.make_encoder().fit(X)
            with pytest.raises(InvalidArgument, match="X"):
                self.fitted().transform(X)

    def test_refuses_another_space(self) -> None:
        stranger = Architecture("atlantis", self.train()[0].cells)
        encoder = self.fitted()
        if not encoder.across_spaces:
            with pytest.raises(InvalidArgument, match="atlantis"):
                encoder.transform([stranger])
        with pytest.raises(InvalidArgument, match="atlantis"):
            self.make_encoder().fit([*self.train(), stranger])


def relabelled(arch: Architecture, rng: Seed) -> Architecture:
    """Return the same architecture with the hidden nodes of every cell numbered in another legal order.

    A `none` edge is no edge: where it would run backwards, it is turned round.
    """
    generator = as_generator(rng)
    return Architecture(
        arch.space, tuple(renumbered(cell, generator) for cell in arch.cells), arch.attributes
    )
