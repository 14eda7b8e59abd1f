"""Goldens of optimisers: 50 steps on a small regression, with the gradient and the weights of every step.

The formulas stand here in float64; where torch.optim has the same rule, the path is checked against it.
`weights[t]` is what `gradients[t]` made of `weights[t − 1]`, the first of them of `start`.
"""
import math

import torch

from common import Golden

STEPS = 50


def sgd(w, g, t, slots, learning_rate, momentum=0.0, nesterov=False):
    velocity = momentum * slots.get("momentum", 0.0) - learning_rate * g
    slots["momentum"] = velocity
    return w + (momentum * velocity - learning_rate * g if nesterov else velocity)


def averaged_momentum(w, g, t, slots, learning_rate, momentum):
    slots["momentum"] = momentum * slots.get("momentum", 0.0) + (1 - momentum) * g
    return w - learning_rate * slots["momentum"]


def adagrad(w, g, t, slots, learning_rate, epsilon, initial_accumulator_value):
    slots["accumulator"] = slots.get("accumulator", initial_accumulator_value) + g * g
    return w - learning_rate * g / torch.sqrt(slots["accumulator"] + epsilon)


def rmsprop(w, g, t, slots, learning_rate, rho, epsilon):
    slots["velocity"] = rho * slots.get("velocity", 0.0) + (1 - rho) * g * g
    return w - learning_rate * g / torch.sqrt(slots["velocity"] + epsilon)


def adam_moments(g, slots, beta_1, beta_2):
    slots["momentum"] = beta_1 * slots.get("momentum", 0.0) + (1 - beta_1) * g
    slots["velocity"] = beta_2 * slots.get("velocity", 0.0) + (1 - beta_2) * g * g
    return slots["momentum"], slots["velocity"]


def adam(w, g, t, slots, learning_rate, beta_1, beta_2, epsilon, weight_decay=0.0):
    """Keras: both corrections in the rate, so epsilon is added to the uncorrected root. Its decay comes first."""
    w = w - learning_rate * weight_decay * w
    m, v = adam_moments(g, slots, beta_1, beta_2)
    rate = learning_rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - rate * m / (torch.sqrt(v) + epsilon)


def adam_epsilon_outside(w, g, t, slots, learning_rate, beta_1, beta_2, epsilon, weight_decay=0.0):
    """Kingma and Ba's algorithm 1, and PyTorch."""
    w = w - learning_rate * weight_decay * w
    m, v = adam_moments(g, slots, beta_1, beta_2)
    return w - learning_rate * (m / (1 - beta_1**t)) / (torch.sqrt(v / (1 - beta_2**t)) + epsilon)


def adam_epsilon_inside(w, g, t, slots, learning_rate, beta_1, beta_2, epsilon):
    m, v = adam_moments(g, slots, beta_1, beta_2)
    return w - learning_rate * (m / (1 - beta_1**t)) / torch.sqrt(v / (1 - beta_2**t) + epsilon)


ADAM = {"learning_rate": 0.05, "beta_1": 0.9, "beta_2": 0.999}
# name: rule, its arguments, and the optimiser of PyTorch that does the same
CASES = {
    "sgd": (sgd, {"learning_rate": 0.1}, lambda w: torch.optim.SGD(w, 0.1)),
    "momentum": (sgd, {"learning_rate": 0.05, "momentum": 0.9}, lambda w: torch.optim.SGD(w, 0.05, momentum=0.9)),
    "nesterov": (sgd, {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
                 lambda w: torch.optim.SGD(w, 0.05, momentum=0.9, nesterov=True)),
    "averaged_momentum": (averaged_momentum, {"learning_rate": 0.5, "momentum": 0.9},
                          lambda w: torch.optim.SGD(w, 0.05, momentum=0.9)),
    "adagrad": (adagrad, {"learning_rate": 0.1, "epsilon": 1e-7, "initial_accumulator_value": 0.1}, None),
    "rmsprop": (rmsprop, {"learning_rate": 0.02, "rho": 0.9, "epsilon": 1e-7}, None),
    "adam": (adam, {**ADAM, "epsilon": 1e-7}, None),
    "adam_large_epsilon": (adam, {**ADAM, "epsilon": 0.01}, None),
    "adam_epsilon_outside": (adam_epsilon_outside, {**ADAM, "epsilon": 0.01}, lambda w: torch.optim.Adam(w, 0.05, eps=0.01)),
    "adam_epsilon_inside": (adam_epsilon_inside, {**ADAM, "epsilon": 1e-6}, None),
    "adam_large_epsilon_inside": (adam_epsilon_inside, {**ADAM, "epsilon": 0.01}, None),
    "adamw": (adam, {**ADAM, "epsilon": 1e-7, "weight_decay": 0.1}, None),
    "adamw_epsilon_outside": (adam_epsilon_outside, {**ADAM, "epsilon": 0.01, "weight_decay": 0.1},
                              lambda w: torch.optim.AdamW(w, 0.05, eps=0.01, weight_decay=0.1)),
}


def loss_of(w, x, y):
    return torch.square(torch.tanh(x @ w) - y).mean()


def torch_path(make, start, x, y):
    w = start.clone().requires_grad_()
    optimizer = make([w])
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(w, x, y).backward()
        optimizer.step()
        path.append(w.detach().clone())
    return torch.stack(path)


def main():
    golden = Golden("optimizers")
    x = golden.uniform("problem", "x", (7, 5)) * torch.tensor([1.0, 0.1, 2.0, 0.5, 1.0], dtype=torch.float64)
    y = golden.uniform("problem", "y", (7, 3), -0.8, 0.8)
    start = golden.uniform("problem", "start", (5, 3))
    golden.add("problem", {"op": "mean((tanh(x·w) − y)²)", "steps": STEPS}, x=x, y=y, start=start)
    for name, (rule, arguments, make) in CASES.items():
        w, slots, path, slopes = start, {}, [], []
        for t in range(1, STEPS + 1):
            w = w.detach().requires_grad_()
            (g,) = torch.autograd.grad(loss_of(w, x, y), w)
            w = rule(w.detach(), g, t, slots, **arguments)
            slopes.append(g)
            path.append(w)
        path = torch.stack(path)
        if make:
            torch.testing.assert_close(path, torch_path(make, start, x, y), rtol=1e-12, atol=1e-14)
        golden.add(name, {"op": rule.__name__} | arguments, gradients=torch.stack(slopes), weights=path)
    golden.write()


if __name__ == "__main__":
    main()
