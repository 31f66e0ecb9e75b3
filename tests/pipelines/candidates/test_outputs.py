"""Networks of several outputs, and with layers that wait for an example, are described like others."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from archenc.pipelines.candidates.describing import describe
from archenc.pipelines.candidates.outputs import answering, main_output
from archenc.proxies import Inputs

BATCH = Inputs.noise((1, 4, 4), 0, batch=8, n_classes=3)


class Several(nn.Module):
    """Gives what a function makes of logits and a hidden layer, in train mode."""

    def __init__(self, given: type | None) -> None:
        super().__init__()
        self.hidden, self.head, self.given = nn.Linear(16, 8), nn.Linear(8, 3), given

    def forward(self, x: Tensor) -> object:
        hidden = torch.relu(self.hidden(x.flatten(1)))
        logits = self.head(hidden)
        if self.given is None or not self.training:
            return logits
        if self.given is dict:
            return {"hidden": hidden, "logits": logits}
        return self.given((logits, hidden))


@pytest.mark.parametrize("given", [tuple, list, dict])
def test_one_of_several_outputs_is_scored(given: type) -> None:
    torch.manual_seed(0)
    alone = Several(None)
    network = Several(given)
    network.load_state_dict(alone.state_dict())
    one, found = (describe(each, BATCH, ["snip", "first_steps"]) for each in (alone, network))
    scores = [name for name in found.features if name.startswith("score_")]
    assert len(scores) == 2
    assert [found.features[name] for name in scores] == pytest.approx([one.features[name] for name in scores])


def test_a_network_of_one_output_is_left_alone() -> None:
    for network in (Several(None), nn.Linear(3, 2)):  # the second does not take the batch
        assert answering(network, BATCH.x) is network


def test_what_is_no_tensor_of_floats_is_passed_over() -> None:
    logits = torch.zeros(2, 3)
    assert main_output((None, torch.zeros(2, dtype=torch.int64), logits)) is logits
    assert main_output({"loss": torch.zeros(()), "out": logits}) is logits
    assert main_output("text") is None


def test_lazy_layers_are_filled_in() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    made = [nn.Sequential(nn.Flatten(), nn.LazyLinear(5), nn.ReLU(), nn.Linear(5, 3)) for _ in range(2)]
    torch.set_rng_state(before)
    one, two = (describe(network, BATCH, ["l2_norm"]) for network in made)
    assert torch.equal(torch.get_rng_state(), before)
    assert one.features["log_params"] == pytest.approx(math.log10(1 + 17 * 5 + 6 * 3))
    weight, other = (network[1].weight for network in made)
    assert torch.equal(weight, other)  # the seed of the description, not what was drawn before
    assert one.features.keys() == two.features.keys()
