"""Training many copies at once: the same as one at a time, and reproducible."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from archenc.predictors.losses import draw_pairs, pairwise_hinge
from archenc.predictors.training import Copy, Schedule, batches, predict, stack, train, unstack


def _score(
    parameters: dict[str, torch.Tensor], x: torch.Tensor, *, keep: torch.Tensor | None
) -> torch.Tensor:
    hidden = torch.relu(x @ parameters["w"])
    return (hidden * keep if keep is not None else hidden) @ parameters["v"]


def _draw(seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {"w": torch.randn(3, 8, generator=generator), "v": torch.randn(8, generator=generator)}


X = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
Y = (X[:, 0] - 2 * X[:, 1]).numpy().astype(float)
SCHEDULE = Schedule(epochs=20, batch_size=8)


def _copies(n: int) -> list[Copy]:
    rows = [np.random.default_rng(i).permutation(40)[:17] for i in range(n)]
    return [Copy(r, Y[r], seed) for seed, r in enumerate(rows)]


def _train(copies: list[Copy], **options: object) -> dict[str, torch.Tensor]:
    start = stack([_draw(c.seed) for c in copies])
    return train(_score, start, [X], copies, SCHEDULE, dropped=8, dropout=0.1, **options)


@given(st.integers(2, 60), st.integers(2, 20))
def test_batches_cover_all_and_none_is_alone(n: int, size: int) -> None:
    cuts = batches(n, size)
    assert [i for cut in cuts for i in range(n)[cut]] == list(range(n))
    assert min(len(range(n)[cut]) for cut in cuts) >= 2


def test_together_equals_alone() -> None:
    together = unstack(_train(_copies(3)))
    for copy, parameters in zip(_copies(3), together, strict=True):
        alone = unstack(_train([copy]))[0]
        for k, v in parameters.items():
            torch.testing.assert_close(v, alone[k], atol=1e-5, rtol=1e-4)


def test_the_same_seed_learns_the_same_to_the_bit() -> None:
    first, second = _train(_copies(2)), _train(_copies(2))
    assert all(torch.equal(first[k], second[k]) for k in first)


def test_only_the_order_of_labels_counts() -> None:
    moved = [Copy(c.rows, np.exp(c.y), c.seed) for c in _copies(2)]
    first, second = _train(_copies(2)), _train(moved)
    assert all(torch.equal(first[k], second[k]) for k in first)


def test_it_learns_and_leaves_its_start_alone() -> None:
    copies = _copies(1)
    start = stack([_draw(0)])
    before = {k: v.clone() for k, v in start.items()}
    schedule = Schedule(epochs=300, lr=1e-2)
    trained = unstack(train(_score, start, [X], copies, schedule))[0]
    assert all(torch.equal(start[k], before[k]) for k in start)
    assert np.corrcoef(predict(_score, trained, [X]), Y)[0, 1] > 0.9
    assert np.corrcoef(predict(_score, _draw(0), [X]), Y)[0, 1] < 0.9


def test_frozen_parameters_stay() -> None:
    copies = _copies(2)
    trained = _train(copies, frozen=("w",))
    assert torch.equal(trained["w"], stack([_draw(c.seed) for c in copies])["w"])


def test_epochs_are_reported() -> None:
    seen: list[tuple[int, int]] = []
    _train(_copies(1), on_epoch=lambda done, total: seen.append((done, total)))
    assert seen == [(i + 1, 20) for i in range(20)]


def test_chunks_do_not_change_scores() -> None:
    p = _draw(0)
    torch.testing.assert_close(predict(_score, p, [X], chunk=7), predict(_score, p, [X], chunk=40))


def test_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    _train(_copies(1))
    assert torch.equal(torch.get_rng_state(), before)


def _two(parameters: dict[str, torch.Tensor], x: torch.Tensor, *, keep: torch.Tensor | None) -> torch.Tensor:
    return torch.stack([_score(parameters, x, keep=keep), _score(parameters, 2 * x, keep=keep)], dim=1)


def _train_two(columns: np.ndarray, **options: object) -> dict[str, torch.Tensor]:
    copies = [Copy(np.arange(20), columns, 0)]
    schedule = Schedule(epochs=5, decay="constant", weight_decay=0.0, **options)  # type: ignore[arg-type]
    return train(_two, stack([_draw(0)]), [X], copies, schedule)


def test_several_scores_have_a_label_each_and_weights() -> None:
    y = np.stack([Y[:20], -Y[:20]], axis=1)
    both = _train_two(y)
    first = _train_two(y, weights=(1.0, 0.0))
    missing = _train_two(np.stack([Y[:20], np.full(20, np.nan)], axis=1))
    assert not torch.equal(both["w"], first["w"])
    torch.testing.assert_close(first["w"], missing["w"])


def test_a_constant_rate_is_adam() -> None:
    copies, parameters = [Copy(np.arange(20), Y[:20], 0)], _draw(0)
    schedule = Schedule(epochs=12, batch_size=20, decay="constant", weight_decay=0.0, lr=1e-2)
    trained = unstack(train(_score, stack([parameters]), [X], copies, schedule))[0]
    mine = {k: v.clone().requires_grad_() for k, v in parameters.items()}
    optimiser = torch.optim.Adam(mine.values(), lr=1e-2)
    rng = np.random.default_rng([0, 1])
    for _ in range(12):
        order = rng.permutation(20)
        pairs, sign = draw_pairs(Y[order], 4, rng)
        optimiser.zero_grad()
        scores = _score(mine, X[order], keep=None)
        pairwise_hinge(scores, torch.as_tensor(pairs), torch.as_tensor(sign, dtype=torch.float32)).backward()
        optimiser.step()
    for k, v in trained.items():
        torch.testing.assert_close(v, mine[k].detach(), atol=1e-5, rtol=1e-4)


def test_noise_reaches_the_network_behind_the_multipliers() -> None:
    seen: list[torch.Tensor] = []

    def score(
        parameters: dict[str, torch.Tensor], x: torch.Tensor, *, keep: torch.Tensor | None
    ) -> torch.Tensor:
        assert keep is not None
        seen.append(keep)
        return _score(parameters, x, keep=keep[:, :8])

    train(score, stack([_draw(0)]), [X], [_copies(1)[0]], SCHEDULE, dropped=8, dropout=0.5, noise=500)
    multipliers, noise = seen[0].split((8, 500), dim=1)
    assert set(multipliers.unique().tolist()) == {0.0, 2.0}
    assert abs(noise.std() - 1) < 0.1
    assert abs(noise.mean()) < 0.1
