"""The code of a module of the user's own: its source, or what torch.fx and torch.export write."""

from __future__ import annotations

import inspect
import textwrap
import warnings
from collections.abc import Sequence

import torch
from torch import fx, nn

from archenc.errors import InvalidArgument, shown

_WAYS = ("fx", "export")


def module_source(module: nn.Module) -> str:
    """Return the source of the classes of a module and of its parts, what is used before what uses it.

    Classes of PyTorch are left out: their names in the source say what they are. The classes alone do not
    say which values an object was made with; `exported_source` writes what it computes.
    Raises InvalidArgument for a module without source: one that is made of PyTorch's modules only, or whose
    class was written in a notebook or console, or in a C extension.
    """
    if not isinstance(module, nn.Module):
        raise InvalidArgument(f"module={shown(module)}: expected a torch.nn.Module")
    own = [part for part in _classes(module) if part.__module__.partition(".")[0] != "torch"]
    if not own:
        raise InvalidArgument(
            f"module={type(module).__name__}: it is made of PyTorch's own modules and has no source of its "
            "own; exported_source(module, example) writes what it computes"
        )
    return "\n\n".join(_source(part) for part in own)


def exported_source(
    module: nn.Module, example: torch.Tensor | Sequence[torch.Tensor] | None = None, *, how: str = "fx"
) -> str:
    """Return the code that PyTorch generates for what a module computes in evaluation.

    how: "fx" traces symbolically and calls the modules of PyTorch, each of which is described in a comment;
    no example is needed. "export" runs `torch.export` on an example, a tensor or several, and writes
    operations on tensors. The module is left as it was.
    Raises InvalidArgument where tracing fails, as it does for control flow that depends on data.
    """
    if not isinstance(module, nn.Module):
        raise InvalidArgument(f"module={shown(module)}: expected a torch.nn.Module")
    if how not in _WAYS:
        raise InvalidArgument(f"how={shown(how)}; legal: {', '.join(_WAYS)}")
    if how == "export" and example is None:
        raise InvalidArgument("example=None: how='export' needs a tensor that the module takes, or several")
    modes = {part: part.training for part in module.modules()}
    try:
        module.eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the tracer itself calls
            return _traced(module) if how == "fx" else _exported(module, example)
    except Exception as error:
        other = "how='export' with an example" if how == "fx" else "how='fx'"
        raise InvalidArgument(
            f"module={type(module).__name__}: {how} could not trace it ({shown(str(error))}); try {other}, "
            "or module_source(module), which runs nothing"
        ) from error
    finally:
        for part, training in modes.items():
            part.training = training


def _traced(module: nn.Module) -> str:
    traced = fx.symbolic_trace(module)
    called = [str(node.target) for node in traced.graph.nodes if node.op == "call_module"]
    said = [f"# self.{path} = nn.{traced.get_submodule(path)}" for path in dict.fromkeys(called)]
    return "\n".join([*said, traced.code.strip()]) + "\n"


def _exported(module: nn.Module, example: torch.Tensor | Sequence[torch.Tensor] | None) -> str:
    inputs = (example,) if isinstance(example, torch.Tensor) else tuple(example or ())
    return torch.export.export(module, inputs).graph_module.code.strip() + "\n"


def _classes(module: nn.Module) -> list[type]:
    """Return the classes of a module and its parts with their bases, each behind those it is made of."""
    found: dict[type, None] = {}
    for part in reversed(list(module.modules())):
        for base in reversed(type(part).__mro__):
            if issubclass(base, nn.Module):
                found.setdefault(base)
    return list(found)


def _source(part: type) -> str:
    try:
        return textwrap.dedent(inspect.getsource(part))
    except (OSError, TypeError) as error:
        raise InvalidArgument(
            f"module: no source is known of its class {part.__module__}.{part.__qualname__}, as for classes "
            "typed into a notebook or console, made while the program runs, or written in C; put the class "
            "into a .py file and import it, or take exported_source(module, example), which needs no source"
        ) from error
