"""How one operation is written: a call of a unit, or spelled out; and the classes of the units."""

from __future__ import annotations

from archenc.errors import InvalidArchitecture
from archenc.graph import Kind, Op
from archenc.text.python import call, module_class, sequential, tall
from archenc.text.style import Style

Widths = tuple[str, ...]
"""Channels as the text calls them: one name, or that of what enters and that of what leaves."""


def operation(op: Op, widths: Widths, style: Style, *, stride: object = 1, relu_last: bool = False) -> str:
    """Return the expression that makes the module of an operation.

    relu_last: a convolution is followed by batch norm and ReLU, instead of standing between ReLU and batch
    norm. Raises InvalidArchitecture for an operation that no text can hold.
    """
    if op.kind is Kind.CONV:
        return _convolution(op, widths, style, stride, relu_last)
    if op.kind is Kind.MAX_POOL:
        return call("nn.MaxPool2d", kernel_size=op.kernel[0], stride=stride, padding=op.kernel[0] // 2)
    if op.kind is Kind.AVG_POOL:
        window = {"kernel_size": op.kernel[0], "stride": stride, "padding": op.kernel[0] // 2}
        return call("nn.AvgPool2d", **window, count_include_pad=False)
    if op.kind is Kind.IDENTITY:
        return "nn.Identity()"
    if op.kind is Kind.RESIDUAL:
        stride = None if op.stride == 1 else op.stride
        return call("ResidualStage", *widths, blocks=op.repeats // 2, stride=stride)
    raise InvalidArchitecture(f"operation {op.name!r}: it has no module, so no text either")


def unit_names(op: Op, style: Style) -> str:
    """Return the name of the class of a convolution."""
    if not op.separable:
        return style.unit_name
    return f"{'Separable' if op.repeats > 1 else 'Dilated'}{style.unit_name}"


def _convolution(op: Op, widths: Widths, style: Style, stride: object, relu_last: bool) -> str:
    if op.repeats > 1 and not op.separable:
        height, width = op.kernel
        kernels = [(width, height) if turn % 2 else op.kernel for turn in range(op.repeats)]
        parts = [_single(op, kernel, widths, style, stride, relu_last) for kernel in kernels]
        return sequential(*parts)
    return _single(op, op.kernel, widths, style, stride, relu_last)


def _single(
    op: Op, kernel: tuple[int, int], widths: Widths, style: Style, stride: object, relu_last: bool
) -> str:
    padding = tuple(op.dilation * (size - 1) // 2 for size in kernel)
    dilation = None if op.dilation == 1 else op.dilation
    window = {"kernel_size": _plain(kernel), "stride": stride, "padding": _plain(padding)}
    if not style.inline:
        return call(unit_names(op, style), *widths, **window, dilation=dilation)
    entering, leaving = widths[0], widths[-1]
    if not op.separable:
        layers = [_conv(entering, leaving, **window, dilation=dilation)]
        return sequential(*_in_order(layers, leaving, relu_last))
    layers = []
    for turn in range(op.repeats):
        step = {**window, "stride": stride if turn == 0 else 1}
        wide = leaving if turn == op.repeats - 1 else entering
        deep = _conv(entering, entering, **step, dilation=dilation, groups=entering)
        layers += _in_order([deep, _conv(entering, wide, kernel_size=1)], wide, relu_last)
    return sequential(*layers)


def _conv(entering: str, leaving: str, **window: object) -> str:
    return call("nn.Conv2d", entering, leaving, **window, bias=False)


def _in_order(convolutions: list[str], channels: str, relu_last: bool) -> list[str]:
    norm = call("nn.BatchNorm2d", channels)
    return [*convolutions, norm, "nn.ReLU()"] if relu_last else ["nn.ReLU()", *convolutions, norm]


def _plain(size: tuple[int, ...]) -> object:
    return size[0] if size[0] == size[1] else size


# --- the classes ------------------------------------------------------------------------------------------


def conv_unit(name: str, *, two_widths: bool, relu_last: bool = False, momentum: float | None = None) -> str:
    """Return the class of a convolution with batch norm and ReLU. momentum: of the batch norm."""
    entering, leaving = ("C_in", "C_out") if two_widths else ("channels", "channels")
    conv = f"nn.Conv2d({entering}, {leaving}, kernel_size, stride=stride, padding=padding, bias=False)"
    norm = call("nn.BatchNorm2d", leaving, momentum=momentum)
    layers = [conv, norm, "nn.ReLU()"] if relu_last else ["nn.ReLU()", conv, norm]
    widths = "C_in, C_out" if two_widths else "channels"
    return _row(name, f"{widths}, kernel_size, stride, padding", layers)


def separable_unit(name: str, repeats: int) -> str:
    """Return the class of a depthwise and a pointwise convolution, behind a ReLU, before a batch norm."""
    layers: list[str] = []
    for turn in range(repeats):
        window = f"kernel_size, {'1' if turn else 'stride'}, padding, dilation"
        layers += [
            "nn.ReLU()",
            f"nn.Conv2d(channels, channels, {window}, groups=channels, bias=False)",
            "nn.Conv2d(channels, channels, kernel_size=1, bias=False)",
            "nn.BatchNorm2d(channels)",
        ]
    return _row(name, "channels, kernel_size, stride, padding, dilation=1", layers)


def factorized_reduction() -> str:
    """Return the class that changes stride and channels by two 1x1 convolutions, one a pixel further."""
    return module_class(
        "FactorizedReduction",
        "C_in, C_out, stride=2",
        [
            "self.relu = nn.ReLU()",
            "self.here = nn.Conv2d(C_in, C_out // 2, kernel_size=1, stride=stride, bias=False)",
            "self.beside = nn.Conv2d(C_in, C_out - C_out // 2, kernel_size=1, stride=stride, bias=False)",
            "self.norm = nn.BatchNorm2d(C_out)",
        ],
        [
            "x = self.relu(x)",
            "shifted = nn.functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]",
            "return self.norm(torch.cat([self.here(x), self.beside(shifted)], dim=1))",
        ],
    )


def _row(name: str, arguments: str, layers: list[str]) -> str:
    """Return the class of modules in a row."""
    return module_class(name, arguments, [f"self.block = {tall(*layers)}"], ["return self.block(x)"])
