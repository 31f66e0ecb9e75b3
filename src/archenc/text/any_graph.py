"""Any space as source code: a cell as a graph of operations, each fed by the sum of what arrives."""

from __future__ import annotations

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, Kind, op_on_node
from archenc.text.canonical import live_parts
from archenc.text.python import module_class, sequential, tall
from archenc.text.rendering import Renderer
from archenc.text.style import Style
from archenc.text.units import conv_unit, operation, separable_unit, unit_names


def cells(arch: Architecture, style: Style) -> list[str]:
    """Return the classes of the cells: `Cell`, or `Cell_1`, `Cell_2`, ... where there are several."""
    several = len(arch.cells) > 1
    return [
        node_cell(f"Cell_{number}" if several else "Cell", cell, style)
        for number, cell in enumerate(arch.cells, 1)
    ]


def node_cell(name: str, cell: Cell, style: Style) -> str:
    """Return the class of a cell, in the view with operations on nodes, of `channels` channels.

    Every node is a line, which applies its operation to the sum of what arrives; the output is the sum of
    what arrives there. A node on which nothing arrives, or whose operation is `none`, is zero. Raises
    InvalidArchitecture where maps of different sizes would be added, or for an operation without a module.
    """
    cell = op_on_node(cell)
    inputs, last = cell.n_inputs, cell.n_nodes - 1
    taken = ["x"] if inputs == 1 else [f"x{number}" for number in range(inputs)]
    values = dict(enumerate(taken))
    shapes: dict[int, tuple[int, int]] = dict.fromkeys(range(inputs), (1, 1))
    attributes: list[str] = []
    forward: list[str] = []
    for node in range(inputs, last + 1):
        sources = [edge.source for edge in cell.edges if edge.target == node]
        found = {shapes[source] for source in sources} or {(1, 1)}
        if len(found) > 1:
            raise InvalidArchitecture(
                f"node {node} would add maps of different channels or sizes; no text can be written for it"
            )
        wide, small = found.pop()
        member = cell.nodes[node]
        total = " + ".join(values[source] for source in sources) or f"torch.zeros_like({taken[0]})"
        shapes[node] = (wide * member.widening, small * member.stride)
        if node == last:
            forward.append(f"return {total}")
            break
        values[node] = f"h{node}"
        if member.kind is Kind.NONE:
            total = f"torch.zeros_like({taken[0]})"
        elif member.kind not in (Kind.SUM, Kind.IDENTITY):
            wider = (_times(shapes[node][0]),) if member.kind is Kind.RESIDUAL else ()
            widths = (_times(wide), *wider)
            attributes.append(f"self.op_{node} = {operation(member, widths, style)}")
            total = f"self.op_{node}({total})"
        forward.append(f"h{node} = {total}")
    return module_class(name, "channels", attributes, forward, takes=", ".join(taken))


def helpers(arch: Architecture, style: Style) -> list[str]:
    """Return the classes that the cells call; a residual stage is never spelled out."""
    members = {member for cell in arch.cells for member in op_on_node(cell).nodes}
    found: dict[str, str] = {}
    if not style.inline:
        found[style.unit_name] = conv_unit(style.unit_name, two_widths=False)
        for member in sorted(members, key=lambda member: member.index):
            if member.kind is Kind.CONV and member.separable:
                name = unit_names(member, style)
                found[name] = separable_unit(name, member.repeats)
    if any(member.kind is Kind.RESIDUAL for member in members):
        found["ResidualBlock"], found["ResidualStage"] = _RESIDUAL_BLOCK, _RESIDUAL_STAGE
    return list(found.values())


def _times(factor: int) -> str:
    return "channels" if factor == 1 else f"{factor} * channels"


_RESIDUAL_BLOCK = module_class(
    "ResidualBlock",
    "C_in, C_out, stride",
    [
        "self.residual = "
        + tall(
            "nn.ReLU()",
            "nn.Conv2d(C_in, C_out, kernel_size=3, stride=stride, padding=1, bias=False)",
            "nn.BatchNorm2d(C_out)",
            "nn.ReLU()",
            "nn.Conv2d(C_out, C_out, kernel_size=3, stride=1, padding=1, bias=False)",
            "nn.BatchNorm2d(C_out)",
        ),
        "self.shortcut = nn.Sequential()",
        "if stride != 1 or C_in != C_out:\n"
        "    self.shortcut = "
        + sequential(
            "nn.Conv2d(C_in, C_out, kernel_size=1, stride=stride, bias=False)", "nn.BatchNorm2d(C_out)"
        ),
    ],
    ["return self.shortcut(x) + self.residual(x)"],
)
_RESIDUAL_STAGE = module_class(
    "ResidualStage",
    "C_in, C_out, blocks, stride=1",
    [
        "rest = [ResidualBlock(C_out, C_out, stride=1) for _ in range(blocks - 1)]",
        "self.blocks = nn.Sequential(ResidualBlock(C_in, C_out, stride), *rest)",
    ],
    ["return self.blocks(x)"],
)

RENDERER = Renderer(cells, helpers, live_parts)
