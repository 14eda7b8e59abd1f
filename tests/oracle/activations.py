"""Goldens of activations: y = activation(x·kernel + bias) with all gradients, each activation at chosen points, and layers
that activate: PReLU, maxout, softmax along other axes."""
import torch
import torch.nn.functional as F

import geometry
from common import Golden, gradients

ACTIVATIONS = {
    "linear": ({}, lambda x: x),
    "relu": ({}, F.relu),
    "relu6": ({}, F.relu6),
    "leaky_relu_0.2": ({"negative_slope": 0.2}, lambda x: F.leaky_relu(x, 0.2)),
    "leaky_relu_0.3": ({"negative_slope": 0.3}, lambda x: F.leaky_relu(x, 0.3)),
    "elu": ({"alpha": 1.0}, F.elu),
    "elu_0.7": ({"alpha": 0.7}, lambda x: F.elu(x, 0.7)),
    "selu": ({}, F.selu),
    "sigmoid": ({}, torch.sigmoid),
    "tanh": ({}, torch.tanh),
    "softmax": ({}, lambda x: F.softmax(x, -1)),
    "log_softmax": ({}, lambda x: F.log_softmax(x, -1)),
    "softplus": ({}, lambda x: torch.logaddexp(x, torch.zeros_like(x))),
    "softsign": ({}, F.softsign),
    "silu": ({}, F.silu),
    "mish": ({}, lambda x: x * torch.tanh(torch.logaddexp(x, torch.zeros_like(x)))),
    "gelu": ({"approximate": False}, F.gelu),
    "gelu_tanh": ({"approximate": True}, lambda x: F.gelu(x, approximate="tanh")),
    "exponential": ({}, torch.exp),
    "hard_sigmoid": ({}, lambda x: F.relu6(x + 3) / 6),  # F.hardsigmoid's derivative has a sixth in float
    "hard_silu": ({}, F.hardswish),
}

# No point where a derivative jumps: those conventions are tested by hand.
POINTS = [-700.0, -88.5, -20.0, -5.0, -2.5, -1.0, -0.3, -1e-3, -1e-9, 1e-9, 1e-3, 0.3, 1.0, 2.5, 5.0, 20.0, 88.5, 700.0]


IMAGES = (2, 5, 4, 3)


def prelu(golden):
    """alpha has size 1 along the axes that share it."""
    for case, shape in (("each", (5, 4, 3)), ("channels", (1, 1, 3)), ("one", (1, 1, 1)), ("not_along_width", (5, 1, 3))):
        case = f"prelu_{case}"
        x = golden.uniform(case, "x", IMAGES, -2.0, 2.0).requires_grad_()
        alpha = golden.uniform(case, "alpha", shape, -0.5, 0.5).requires_grad_()
        dy = golden.uniform(case, "dy", IMAGES)
        if case in ("prelu_channels", "prelu_one"):
            y = geometry.channels_last(F.prelu(geometry.channels_first(x), alpha.flatten()))
        else:
            y = torch.where(x > 0, x, alpha * x)
        dx, dalpha = gradients(y, dy, (x, alpha))
        golden.add(case, {"op": "prelu", "shared_axes": [i + 1 for i, size in enumerate(shape) if size == 1]},
                   x=x, alpha=alpha, y=y, dy=dy, dx=dx, dalpha=dalpha)


def maxout(golden):
    """The pieces of a unit are neighbours among the kernel's columns."""
    for case, units, pieces in (("maxout_2", 6, 2), ("maxout_3", 4, 3), ("maxout_1", 3, 1)):
        x = golden.uniform(case, "x", (7, 5), -2.0, 2.0).requires_grad_()
        kernel = golden.uniform(case, "kernel", (5, units * pieces)).requires_grad_()
        bias = golden.uniform(case, "bias", (units * pieces,)).requires_grad_()
        y = (x @ kernel + bias).unflatten(-1, (units, pieces)).max(-1).values
        dy = golden.uniform(case, "dy", y.shape)
        dx, dkernel, dbias = gradients(y, dy, (x, kernel, bias))
        golden.add(case, {"op": "maxout", "units": units, "pieces": pieces}, x=x, kernel=kernel, bias=bias, y=y, dy=dy,
                   dx=dx, dkernel=dkernel, dbias=dbias)


def softmax_along(golden):
    for axes in ([1], [-2], [1, 2], [1, 3], [1, 2, 3]):
        case = "softmax_along_" + "_".join(map(str, axes))
        x = golden.uniform(case, "x", IMAGES, -3.0, 3.0).requires_grad_()
        e = torch.exp(x)
        y = F.softmax(x, axes[0]) if len(axes) == 1 else e / e.sum(axes, keepdim=True)
        dy = golden.uniform(case, "dy", IMAGES)
        (dx,) = gradients(y, dy, x)
        golden.add(case, {"op": "softmax_along", "axes": axes}, x=x, y=y, dy=dy, dx=dx)


def main():
    golden = Golden("activations")
    for name, (attributes, activation) in ACTIVATIONS.items():
        op = name.split("_0")[0]
        x = golden.uniform(name, "x", (7, 5), -2.0, 2.0).requires_grad_()
        kernel = golden.uniform(name, "kernel", (5, 4)).requires_grad_()
        bias = golden.uniform(name, "bias", (4,)).requires_grad_()
        y = activation(x @ kernel + bias)
        dy = golden.uniform(name, "dy", y.shape)
        dx, dkernel, dbias = gradients(y, dy, (x, kernel, bias))
        golden.add(f"dense_{name}", {"op": "dense", "activation": op} | attributes, x=x, kernel=kernel, bias=bias, y=y, dy=dy,
                   dx=dx, dkernel=dkernel, dbias=dbias)

        points = torch.tensor(POINTS, dtype=torch.float64).requires_grad_()
        y = activation(points)
        dy = golden.uniform(name, "points_dy", y.shape)
        (dx,) = gradients(y, dy, points)
        golden.add(f"points_{name}", {"op": op} | attributes, x=points, y=y, dy=dy, dx=dx)
    prelu(golden)
    maxout(golden)
    softmax_along(golden)
    golden.write()


if __name__ == "__main__":
    main()
