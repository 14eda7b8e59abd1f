"""Goldens of optimisers: 50 steps on a small regression, with the gradient and the weights of every step.

The formulas stand here in float64; where torch.optim or Keras has the same rule, the path is checked against it.
`weights[t]` is what `gradients[t]` made of `weights[t − 1]`, the first of them of `start`. A case's `optimizer` is
what a recipe says for it.
"""
import math

import torch

from common import Golden
from keras_float64 import VERSIONS, keras

STEPS = 50
# Arguments that Keras doesn't have.
OURS = {"epsilon_place", "momentum_form", "momentum_decay", "weight_decay_in_ratio", "weight_decay_form"}


def kept(slots, name, change, start=0.0):
    slots[name] = change(slots.get(name, start))
    return slots[name]


def average(slots, name, beta, value):
    return kept(slots, name, lambda old: beta * old + (1 - beta) * value)


def sgd(w, g, t, slots, learning_rate, momentum=0.0, nesterov=False, momentum_form="keras"):
    if momentum_form == "keras":
        v = kept(slots, "momentum", lambda old: momentum * old - learning_rate * g)
        return w + (momentum * v - learning_rate * g if nesterov else v)
    added = (1 - momentum) * g if momentum_form == "averaged" else g
    v = kept(slots, "momentum", lambda old: momentum * old + added)
    return w - learning_rate * (added + momentum * v if nesterov else v)


def over_root(x, mean_square, epsilon, place):
    return x / (torch.sqrt(mean_square + epsilon) if place == "inside_root" else torch.sqrt(mean_square) + epsilon)


def rmsprop(w, g, t, slots, learning_rate, rho, epsilon, momentum=0.0, centered=False, epsilon_place="inside_root"):
    v = average(slots, "velocity", rho, g * g)
    if centered:
        v = v - average(slots, "mean", rho, g) ** 2
    descent = learning_rate * over_root(g, v, epsilon, epsilon_place)
    return w - kept(slots, "momentum", lambda old: momentum * old + descent)


def adagrad(w, g, t, slots, learning_rate, epsilon, initial_accumulator_value, epsilon_place="inside_root"):
    s = kept(slots, "accumulator", lambda old: old + g * g, initial_accumulator_value)
    return w - learning_rate * over_root(g, s, epsilon, epsilon_place)


def adadelta(w, g, t, slots, learning_rate, rho, epsilon):
    s = average(slots, "gradient", rho, g * g)
    change = g * torch.sqrt(slots.get("change", torch.zeros_like(g)) + epsilon) / torch.sqrt(s + epsilon)
    average(slots, "change", rho, change * change)
    return w - learning_rate * change


def adam(w, g, t, slots, learning_rate, beta_1, beta_2, epsilon, epsilon_place="uncorrected", amsgrad=False,
         weight_decay=0.0):
    """uncorrected: Keras, both corrections in the rate, so epsilon is added to the uncorrected root. outside_root:
    Kingma and Ba's algorithm 1, and PyTorch."""
    w = w - learning_rate * weight_decay * w
    m, v = average(slots, "momentum", beta_1, g), average(slots, "velocity", beta_2, g * g)
    if amsgrad:
        v = kept(slots, "largest", lambda old: torch.maximum(torch.as_tensor(old, dtype=v.dtype), v))
    m, correction = m / (1 - beta_1**t), 1 - beta_2**t
    if epsilon_place == "uncorrected":
        return w - learning_rate * math.sqrt(correction) * m / (torch.sqrt(v) + epsilon)
    return w - learning_rate * over_root(m, v / correction, epsilon, epsilon_place)


def adamax(w, g, t, slots, learning_rate, beta_1, beta_2, epsilon):
    m = average(slots, "momentum", beta_1, g)
    u = kept(slots, "norm", lambda old: torch.maximum(torch.as_tensor(beta_2 * old, dtype=g.dtype), g.abs()))
    return w - learning_rate / (1 - beta_1**t) * m / (u + epsilon)


def nadam(w, g, t, slots, learning_rate, beta_1, beta_2, epsilon, momentum_decay=1.0):
    def momentum_at(step):
        return beta_1 * (1 - 0.5 * 0.96 ** (step * momentum_decay))

    m, v = average(slots, "momentum", beta_1, g), average(slots, "velocity", beta_2, g * g)
    now, following = momentum_at(t), momentum_at(t + 1)
    product = kept(slots, "product", lambda old: old * now, 1.0)
    ahead = following * m / (1 - product * following) + (1 - now) * g / (1 - product)
    return w - learning_rate * ahead / (torch.sqrt(v / (1 - beta_2**t)) + epsilon)


def lion(w, g, t, slots, learning_rate, beta_1, beta_2):
    direction = torch.sign(beta_1 * slots.get("momentum", 0.0) + (1 - beta_1) * g)
    average(slots, "momentum", beta_2, g)
    return w - learning_rate * direction


def lamb(w, g, t, slots, learning_rate, beta_1, beta_2, epsilon, weight_decay_in_ratio=0.0):
    m, v = average(slots, "momentum", beta_1, g), average(slots, "velocity", beta_2, g * g)
    change = m / (1 - beta_1**t) / (torch.sqrt(v / (1 - beta_2**t)) + epsilon) + weight_decay_in_ratio * w
    return w - learning_rate * w.norm() / change.norm() * change


def lars(w, g, t, slots, learning_rate, momentum, trust_coefficient, weight_decay_in_ratio=0.0):
    ratio = trust_coefficient * w.norm() / (g.norm() + weight_decay_in_ratio * w.norm())
    descent = learning_rate * ratio * (g + weight_decay_in_ratio * w)
    return w - kept(slots, "momentum", lambda old: momentum * old + descent)


RULES = {"SGD": sgd, "RMSprop": rmsprop, "Adagrad": adagrad, "Adadelta": adadelta, "Adam": adam, "AdamW": adam,
         "Adamax": adamax, "Nadam": nadam, "Lion": lion, "Lamb": lamb, "Lars": lars}
ADAM = {"learning_rate": 0.05, "beta_1": 0.9, "beta_2": 0.999}
OTHER_BETAS = {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.95}
BALL = {"learning_rate": 0.05, "momentum": 0.9, "momentum_form": "heavy_ball"}
AVERAGED = {"learning_rate": 0.5, "momentum": 0.9, "momentum_form": "averaged"}
optim = torch.optim
# name: type, its arguments, and the optimiser of PyTorch that does the same
CASES = {
    "sgd": ("SGD", {"learning_rate": 0.1}, lambda w: optim.SGD(w, 0.1)),
    "momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9}, lambda w: optim.SGD(w, 0.05, momentum=0.9)),
    "nesterov": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
                 lambda w: optim.SGD(w, 0.05, momentum=0.9, nesterov=True)),
    "heavy_ball": ("SGD", BALL, lambda w: optim.SGD(w, 0.05, momentum=0.9)),
    "heavy_ball_nesterov": ("SGD", {**BALL, "nesterov": True},
                            lambda w: optim.SGD(w, 0.05, momentum=0.9, nesterov=True)),
    "averaged_momentum": ("SGD", AVERAGED, lambda w: optim.SGD(w, 0.05, momentum=0.9)),
    "averaged_momentum_nesterov": ("SGD", {**AVERAGED, "nesterov": True},
                                   lambda w: optim.SGD(w, 0.05, momentum=0.9, nesterov=True)),
    "rmsprop": ("RMSprop", {"learning_rate": 0.02, "rho": 0.9, "epsilon": 1e-7}, None),
    "rmsprop_momentum": ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "epsilon": 1e-3, "momentum": 0.7}, None),
    "rmsprop_centered": ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "epsilon": 1e-3, "momentum": 0.7,
                                     "centered": True}, None),
    "rmsprop_outside": ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "epsilon": 0.01, "momentum": 0.7, "centered": True,
                                    "epsilon_place": "outside_root"},
                        lambda w: optim.RMSprop(w, 0.01, 0.8, 0.01, momentum=0.7, centered=True)),
    "adagrad": ("Adagrad", {"learning_rate": 0.1, "epsilon": 1e-7, "initial_accumulator_value": 0.1}, None),
    "adagrad_outside": ("Adagrad", {"learning_rate": 0.1, "epsilon": 0.01, "initial_accumulator_value": 0.2,
                                    "epsilon_place": "outside_root"},
                        lambda w: optim.Adagrad(w, 0.1, initial_accumulator_value=0.2, eps=0.01)),
    "adadelta": ("Adadelta", {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6},
                 lambda w: optim.Adadelta(w, 1.0, 0.9, 1e-6)),
    "adadelta_slower": ("Adadelta", {"learning_rate": 0.7, "rho": 0.95, "epsilon": 1e-3},
                        lambda w: optim.Adadelta(w, 0.7, 0.95, 1e-3)),
    "adam": ("Adam", {**ADAM, "epsilon": 1e-7}, None),
    "adam_large_epsilon": ("Adam", {**ADAM, "epsilon": 0.01}, None),
    "adam_epsilon_outside": ("Adam", {**ADAM, "epsilon": 0.01, "epsilon_place": "outside_root"},
                             lambda w: optim.Adam(w, 0.05, eps=0.01)),
    "adam_epsilon_inside": ("Adam", {**ADAM, "epsilon": 1e-6, "epsilon_place": "inside_root"}, None),
    "adam_large_epsilon_inside": ("Adam", {**ADAM, "epsilon": 0.01, "epsilon_place": "inside_root"}, None),
    "amsgrad": ("Adam", {**OTHER_BETAS, "epsilon": 0.01, "amsgrad": True}, None),
    "amsgrad_outside": ("Adam", {**OTHER_BETAS, "epsilon": 0.01, "amsgrad": True, "epsilon_place": "outside_root"},
                        lambda w: optim.Adam(w, 0.05, (0.8, 0.95), 0.01, amsgrad=True)),
    "adamw": ("AdamW", {**ADAM, "epsilon": 1e-7, "weight_decay": 0.1}, None),
    "adamw_epsilon_outside": ("AdamW", {**ADAM, "epsilon": 0.01, "weight_decay": 0.1, "epsilon_place": "outside_root"},
                              lambda w: optim.AdamW(w, 0.05, eps=0.01, weight_decay=0.1)),
    "adamax": ("Adamax", {**ADAM, "epsilon": 1e-7}, None),
    "adamax_large_epsilon": ("Adamax", {**OTHER_BETAS, "epsilon": 0.01}, None),
    "adamax_no_epsilon": ("Adamax", {**OTHER_BETAS, "epsilon": 1e-30},
                          lambda w: optim.Adamax(w, 0.05, (0.8, 0.95), 1e-30)),
    "nadam": ("Nadam", {**ADAM, "epsilon": 1e-7}, None),
    "nadam_slow_momentum": ("Nadam", {**OTHER_BETAS, "epsilon": 0.01, "momentum_decay": 0.004},
                            lambda w: optim.NAdam(w, 0.05, (0.8, 0.95), 0.01, momentum_decay=0.004)),
    "lion": ("Lion", {"learning_rate": 0.01, "beta_1": 0.9, "beta_2": 0.99}, None),
    "lion_other_betas": ("Lion", {"learning_rate": 0.03, "beta_1": 0.7, "beta_2": 0.8}, None),
    "lamb": ("Lamb", {**ADAM, "epsilon": 1e-7}, None),
    "lamb_decay": ("Lamb", {**OTHER_BETAS, "epsilon": 0.01, "weight_decay_in_ratio": 0.1}, None),
    "lars": ("Lars", {"learning_rate": 0.3, "momentum": 0.9, "trust_coefficient": 0.05}, None),
    "lars_decay": ("Lars", {"learning_rate": 0.3, "momentum": 0.5, "trust_coefficient": 0.1,
                            "weight_decay_in_ratio": 0.2}, None),
    "clipnorm": ("SGD", {"learning_rate": 0.5, "clipnorm": 0.05}, None),
    "clipvalue": ("SGD", {"learning_rate": 0.5, "momentum": 0.5, "clipvalue": 0.01}, None),
    "global_clipnorm": ("RMSprop", {"learning_rate": 0.01, "rho": 0.9, "epsilon": 1e-3, "global_clipnorm": 0.05}, None),
    "decoupled": ("Adam", {**ADAM, "epsilon": 0.01, "weight_decay": 0.1, "epsilon_place": "outside_root"},
                  lambda w: optim.AdamW(w, 0.05, eps=0.01, weight_decay=0.1)),
    "decoupled_clipped": ("Nadam", {**ADAM, "epsilon": 1e-7, "weight_decay": 0.2, "clipnorm": 0.05}, None),
    "coupled": ("Adam", {**ADAM, "epsilon": 0.01, "weight_decay": 0.1, "weight_decay_form": "coupled",
                         "epsilon_place": "outside_root"}, lambda w: optim.Adam(w, 0.05, eps=0.01, weight_decay=0.1)),
    "coupled_heavy_ball": ("SGD", {**BALL, "weight_decay": 0.3, "weight_decay_form": "coupled"},
                           lambda w: optim.SGD(w, 0.05, momentum=0.9, weight_decay=0.3)),
}
SHARED = ("clipnorm", "clipvalue", "global_clipnorm", "weight_decay", "weight_decay_form")


def apart(rule, arguments):
    """The rule's own arguments, and those that all optimisers share. AdamW's decay is its own."""
    shared = {key: arguments[key] for key in SHARED if key in arguments and rule != "AdamW"}
    return {key: value for key, value in arguments.items() if key not in shared}, shared


def before_the_step(w, g, learning_rate, clipnorm=None, clipvalue=None, global_clipnorm=None, weight_decay=0.0,
                    weight_decay_form="decoupled"):
    """Clips, then decays. There is one weight, so its norm is the global one."""
    if limit := clipnorm or global_clipnorm:
        g = g * min(1.0, limit / float(g.norm()))
    if clipvalue:
        g = g.clamp(-clipvalue, clipvalue)
    if weight_decay_form == "coupled":
        return w, g + weight_decay * w
    return w - learning_rate * weight_decay * w, g


def loss_of(w, x, y):
    return torch.square(torch.tanh(x @ w) - y).mean()


def torch_path(make, start, x, y):
    w = start.clone().requires_grad_()
    torch.set_default_dtype(torch.float64)  # also of the numbers that an optimiser keeps for itself
    optimizer = make([w])
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(w, x, y).backward()
        optimizer.step()
        path.append(w.detach().clone())
    torch.set_default_dtype(torch.float32)
    return torch.stack(path)


def keras_path(kind, arguments, start, x, y):
    optimizer = getattr(keras.optimizers, kind)(**arguments)
    w = keras.Variable(start.numpy(), dtype="float64")
    path = []
    for _ in range(STEPS):
        now = w.value.detach().cpu().clone().requires_grad_()
        (g,) = torch.autograd.grad(loss_of(now, x, y), now)
        optimizer.apply([g.to(w.value.device)], [w])
        path.append(w.value.detach().cpu().clone())
    return torch.stack(path)


def main():
    golden = Golden("optimizers", packages=VERSIONS)
    x = golden.uniform("problem", "x", (7, 5)) * torch.tensor([1.0, 0.1, 2.0, 0.5, 1.0], dtype=torch.float64)
    y = golden.uniform("problem", "y", (7, 3), -0.8, 0.8)
    start = golden.uniform("problem", "start", (5, 3))
    golden.add("problem", {"op": "mean((tanh(x·w) − y)²)", "steps": STEPS}, x=x, y=y, start=start)
    for name, (rule, arguments, make) in CASES.items():
        w, slots, path, slopes = start, {}, [], []
        for t in range(1, STEPS + 1):
            w = w.detach().requires_grad_()
            (g,) = torch.autograd.grad(loss_of(w, x, y), w)
            slopes.append(g)
            own, shared = apart(rule, arguments)
            w, g = before_the_step(w.detach(), g, arguments["learning_rate"], **shared)
            w = RULES[rule](w, g, t, slots, **own)
            path.append(w)
        path = torch.stack(path)
        if make:
            torch.testing.assert_close(path, torch_path(make, start, x, y), rtol=1e-12, atol=1e-14)
        if hasattr(keras.optimizers, rule) and not OURS & arguments.keys():
            # Some of Keras's constants are float32 even so.
            torch.testing.assert_close(path, keras_path(rule, arguments, start, x, y), rtol=1e-8, atol=1e-9)
        golden.add(name, {"op": rule, "optimizer": {"type": rule} | arguments}, gradients=torch.stack(slopes),
                   weights=path)
    golden.write()


if __name__ == "__main__":
    main()
