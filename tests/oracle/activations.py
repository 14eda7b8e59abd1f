"""Goldens of activations: y = activation(x·kernel + bias) with all gradients, and each activation at chosen points."""
import torch
import torch.nn.functional as F

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
    "hard_sigmoid": ({}, F.hardsigmoid),
    "hard_silu": ({}, F.hardswish),
}

# No point where a derivative jumps: those conventions are tested by hand.
POINTS = [-700.0, -88.5, -20.0, -5.0, -2.5, -1.0, -0.3, -1e-3, -1e-9, 1e-9, 1e-3, 0.3, 1.0, 2.5, 5.0, 20.0, 88.5, 700.0]


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
    golden.write()


if __name__ == "__main__":
    main()
