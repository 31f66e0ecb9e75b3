"""The 13 proxies of NAS-Bench-Suite-Zero (Krishnakumar et al., NeurIPS 2022 Datasets and Benchmarks).

Each is a `Proxy`; the formulas are those behind the published score files, which are not always those of the
papers: sums over layers of one Frobenius norm each, fisher weighted by the weights of a channel, synflow in
logarithms.
"""

from __future__ import annotations

from math import log

import torch

from archenc.errors import InvalidArgument
from archenc.networks import count
from archenc.proxies.base import Need, PerLayer, Proxy, Undefined
from archenc.proxies.kernels import class_correlations, jacobian_spectrum, log_determinant
from archenc.proxies.session import Session, numbers, some_layers
from archenc.proxies.synflow import synaptic_flow
from archenc.proxies.zen import zen_score

_LOSS: frozenset[Need] = frozenset({"data", "labels", "loss", "weights"})


def _params(session: Session) -> float:
    return sum(weight.numel() for weight in session.module.parameters() if weight.requires_grad) / 1e6


def _flops(session: Session) -> float:
    try:
        return count(session.module, tuple(session.inputs.x.shape[1:])).flops / 1e6
    except (InvalidArgument, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise Undefined(f"FLOPs cannot be counted: {error}") from error


def _l2_norm(session: Session) -> PerLayer:
    layers = some_layers(session.layers)
    return numbers({path: weight.detach().norm() for path, weight in layers.items()})


def _grad_norm(session: Session) -> PerLayer:
    found = session.collected
    found.check("gradients")
    return numbers({path: g.norm() for path, g in found.gradients.items()})


def _snip(session: Session) -> PerLayer:
    return numbers({path: each.abs().sum() for path, each in _saliencies(session).items()})


def _plain(session: Session) -> PerLayer:
    return numbers({path: each.sum() for path, each in _saliencies(session).items()})


def _saliencies(session: Session) -> dict[str, torch.Tensor]:
    """Return gradient times weight of each layer."""
    found = session.collected
    found.check("gradients")
    return {path: g * session.layers[path].detach() for path, g in found.gradients.items()}


def _grasp(session: Session) -> PerLayer:
    found = session.collected
    found.check("hessian")
    return numbers({path: -(h * session.layers[path].detach()).sum() for path, h in found.hessian.items()})


def fisher(weighting: str = "per_weight") -> Proxy:
    """Return fisher with a weighting of its channels.

    "per_weight", as in the score files: a channel counts once for each weight that makes it. "per_channel":
    once, as in the paper; the proxy is then called fisher_per_channel. Raises InvalidArgument.
    """
    if weighting not in ("per_weight", "per_channel"):
        raise InvalidArgument(f"weighting={weighting!r}; legal: per_weight, per_channel")
    each = weighting == "per_weight"

    def layers(session: Session) -> PerLayer:
        found = session.collected
        found.check("fisher")
        sizes = {path: session.module.get_parameter(f"{path}.weight")[0].numel() for path in found.fisher}
        return numbers(
            {path: delta.sum() * (sizes[path] if each else 1) for path, delta in found.fisher.items()}
        )

    return Proxy(
        "fisher" if each else "fisher_per_channel",
        formula="sum over layers and channels of (mean over images of (sum over pixels of a dL/da)^2) / 2"
        + (", times the weights of the channel" if each else ""),
        paper="Theis et al., 2018; Turner et al., ICLR 2020",
        needs=_LOSS,
        cost=4,
        parts=frozenset({"fisher"}),
        layers=layers,
    )


def _jacov(session: Session) -> float:
    return jacobian_spectrum(_jacobian(session))


def _epe_nas(session: Session) -> float:
    inputs = session.inputs
    if inputs.labels is None or inputs.n_classes is None:
        raise Undefined("it needs one class an input: dense tasks and regressions have none")
    return class_correlations(_jacobian(session), inputs.labels, inputs.n_classes)


def _jacobian(session: Session) -> torch.Tensor:
    found = session.collected
    found.check("jacobian")
    if found.jacobian is None:
        raise Undefined("the output does not depend on the input")
    return found.jacobian


def _nwot(session: Session) -> float:
    found = session.collected
    found.check("kernel")
    if found.kernel is None:
        raise Undefined("no ReLU was called")
    return log_determinant(found.kernel)


PARAMS = Proxy(
    "params",
    formula="trainable parameters / 1e6",
    paper="-",
    needs=frozenset(),
    cost=0,
    unit="millions",
    whole=_params,
)
FLOPS = Proxy(
    "flops",
    formula="operations of one forward pass of one example / 1e6, see networks.count",
    paper="-",
    needs=frozenset({"counting"}),
    cost=0.01,
    unit="millions",
    whole=_flops,
)
L2_NORM = Proxy(
    "l2_norm",
    formula="sum over layers of ||W||",
    paper="Abdelfattah et al., ICLR 2021",
    needs=frozenset({"weights"}),
    cost=0.01,
    layers=_l2_norm,
)
GRAD_NORM = Proxy(
    "grad_norm",
    formula="sum over layers of ||dL/dW||",
    paper="Abdelfattah et al., ICLR 2021",
    needs=_LOSS,
    cost=3,
    parts=frozenset({"gradients"}),
    layers=_grad_norm,
)
SNIP = Proxy(
    "snip",
    formula="sum over layers and weights of |W dL/dW|",
    paper="Lee et al., ICLR 2019",
    needs=_LOSS,
    cost=3,
    parts=frozenset({"gradients"}),
    layers=_snip,
)
PLAIN = Proxy(
    "plain",
    formula="sum over layers and weights of W dL/dW, with its sign",
    paper="Abdelfattah et al., ICLR 2021",
    needs=_LOSS,
    cost=3,
    parts=frozenset({"gradients"}),
    direction=None,
    layers=_plain,
)
GRASP = Proxy(
    "grasp",
    formula="sum over layers and weights of -W (H g), g = dL/dW and H the Hessian of L",
    paper="Wang et al., ICLR 2020",
    needs=_LOSS,
    cost=9,
    parts=frozenset({"hessian"}),
    layers=_grasp,
)
FISHER = fisher()
SYNFLOW = Proxy(
    "synflow",
    formula="log of the sum over layers and weights of |W dR/dW|, R the sum of the outputs for an input of "
    "ones, with absolute weights, without batch norm, in float64",
    paper="Tanaka et al., NeurIPS 2020",
    needs=frozenset({"weights"}),
    cost=0.3,
    layers=synaptic_flow,
    total=log,
)
JACOV = Proxy(
    "jacov",
    formula="-sum of log(v + k) + 1 / (v + k) over the eigenvalues v of the correlations between the rows of "
    "the Jacobian, k = 1e-5",
    paper="Mellor et al., 2020",
    needs=frozenset({"data"}),
    cost=3,
    parts=frozenset({"jacobian"}),
    whole=_jacov,
)
NWOT = Proxy(
    "nwot",
    formula="log |det K|, K counts the ReLU inputs of which two images agree in the sign",
    paper="Mellor et al., ICML 2021",
    needs=frozenset({"data", "relu"}),
    cost=1.2,
    parts=frozenset({"kernel"}),
    whole=_nwot,
)
EPE_NAS = Proxy(
    "epe_nas",
    formula="sum over classes c of |S_c|, S_c the sum of log(|correlation| + 1e-5) between rows of the "
    "Jacobian of one class; above 100 classes the mean difference between classes",
    paper="Lopes et al., ICANN 2021",
    needs=frozenset({"data", "labels"}),
    cost=3,
    parts=frozenset({"jacobian"}),
    whole=_epe_nas,
)
ZEN = Proxy(
    "zen",
    formula="log of the mean over images of ||f(u) - f(u + 0.01 e)||_1, f the map before the global pooling "
    "and all weights N(0, 1), plus the sum over batch norms of log sqrt(mean running variance)",
    paper="Lin et al., ICCV 2021",
    needs=frozenset({"pooling"}),
    cost=2,
    whole=zen_score,
)
