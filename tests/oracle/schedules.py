"""Goldens of learning-rate schedules: the rate of each of the first 61 steps, in float64.

The formulas stand here; the rates are checked against Keras's, and against those of torch.optim.lr_scheduler where it
has the same schedule. A case's `schedule` is what a recipe says for it.
"""
import math
import warnings

import torch

from common import Golden
from keras_float64 import VERSIONS, keras

STEPS = 61


def exponential(s, initial_learning_rate, decay_steps, decay_rate, staircase=False):
    p = s // decay_steps if staircase else s / decay_steps
    return initial_learning_rate * decay_rate**p


def piecewise(s, boundaries, values):
    return values[sum(s > boundary for boundary in boundaries)]


def polynomial(s, initial_learning_rate, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False):
    if cycle:
        decay_steps *= max(1, math.ceil(s / decay_steps))
    p = min(s, decay_steps) / decay_steps
    return (initial_learning_rate - end_learning_rate) * (1 - p) ** power + end_learning_rate


def inverse_time(s, initial_learning_rate, decay_steps, decay_rate, staircase=False):
    p = s // decay_steps if staircase else s / decay_steps
    return initial_learning_rate / (1 + decay_rate * p)


def wave(p):
    return 0.5 * (1 + math.cos(math.pi * p))


def cosine(s, initial_learning_rate, decay_steps, alpha=0.0, warmup_target=None, warmup_steps=0):
    top = initial_learning_rate
    if warmup_target is not None:
        if s < warmup_steps:
            return initial_learning_rate + (warmup_target - initial_learning_rate) * s / warmup_steps
        top, s = warmup_target, s - warmup_steps
    return top * ((1 - alpha) * wave(min(s, decay_steps) / decay_steps) + alpha)


def restarts(s, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0):
    begin, length, height = 0.0, first_decay_steps, 1.0
    while s >= begin + length:
        begin, length, height = begin + length, length * t_mul, height * m_mul
    return initial_learning_rate * ((1 - alpha) * height * wave((s - begin) / length) + alpha)


def warmup(s, schedule, warmup_steps, initial_learning_rate=0.0):
    def following(step):
        return rate(schedule, step) if isinstance(schedule, dict) else schedule

    if s < warmup_steps:
        return initial_learning_rate + (following(0) - initial_learning_rate) * s / warmup_steps
    return following(s - warmup_steps)


RULES = {"ExponentialDecay": exponential, "PiecewiseConstantDecay": piecewise, "PolynomialDecay": polynomial,
         "InverseTimeDecay": inverse_time, "CosineDecay": cosine, "CosineDecayRestarts": restarts,
         "LinearWarmup": warmup}
lr = torch.optim.lr_scheduler
DECAY = {"initial_learning_rate": 0.3, "decay_steps": 7, "decay_rate": 0.6}
# name: type, its arguments, and PyTorch's of an optimiser with rate 0.3
CASES = {
    "exponential": ("ExponentialDecay", DECAY, lambda o: lr.ExponentialLR(o, 0.6 ** (1 / 7))),
    "exponential_staircase": ("ExponentialDecay", {**DECAY, "staircase": True}, lambda o: lr.StepLR(o, 7, 0.6)),
    "piecewise": ("PiecewiseConstantDecay", {"boundaries": [9, 20, 33], "values": [0.3, 0.15, 0.075, 0.0375]},
                  lambda o: lr.MultiStepLR(o, [10, 21, 34], 0.5)),
    "polynomial": ("PolynomialDecay", {"initial_learning_rate": 0.3, "decay_steps": 40, "end_learning_rate": 0.0,
                                       "power": 1.5}, lambda o: lr.PolynomialLR(o, 40, 1.5)),
    "polynomial_line": ("PolynomialDecay", {"initial_learning_rate": 0.3, "decay_steps": 40}, None),
    "polynomial_cycle": ("PolynomialDecay", {"initial_learning_rate": 0.3, "decay_steps": 13,
                                             "end_learning_rate": 0.01, "power": 0.5, "cycle": True}, None),
    "inverse_time": ("InverseTimeDecay", DECAY, None),
    "inverse_time_staircase": ("InverseTimeDecay", {**DECAY, "staircase": True}, None),
    "cosine": ("CosineDecay", {"initial_learning_rate": 0.3, "decay_steps": 60, "alpha": 0.1},
               lambda o: lr.CosineAnnealingLR(o, 60, 0.03)),
    "cosine_ended": ("CosineDecay", {"initial_learning_rate": 0.3, "decay_steps": 41}, None),
    "cosine_warmup": ("CosineDecay", {"initial_learning_rate": 0.02, "decay_steps": 31, "alpha": 0.2,
                                      "warmup_target": 0.3, "warmup_steps": 12}, None),
    "restarts": ("CosineDecayRestarts", {"initial_learning_rate": 0.3, "first_decay_steps": 5, "alpha": 0.1},
                 lambda o: lr.CosineAnnealingWarmRestarts(o, 5, 2, 0.03)),
    "restarts_lower": ("CosineDecayRestarts", {"initial_learning_rate": 0.3, "first_decay_steps": 6, "t_mul": 1.7,
                                               "m_mul": 0.6, "alpha": 0.05}, None),
    "restarts_equal": ("CosineDecayRestarts", {"initial_learning_rate": 0.3, "first_decay_steps": 11, "t_mul": 1.0},
                       lambda o: lr.CosineAnnealingWarmRestarts(o, 11, 1, 0.0)),
    "warmup": ("LinearWarmup", {"schedule": 0.3, "warmup_steps": 10, "initial_learning_rate": 0.03},
               lambda o: lr.LinearLR(o, 0.1, 1.0, 10)),
    "warmup_exponential": ("LinearWarmup", {"schedule": {"type": "ExponentialDecay", **DECAY},
                                            "warmup_steps": 8}, None),
}


def rate(schedule, s):
    arguments = {key: value for key, value in schedule.items() if key != "type"}
    return RULES[schedule["type"]](s, **arguments)


def torch_rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.3)
    scheduler, rates = make(optimizer), []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return torch.tensor(rates, dtype=torch.float64)


def keras_rates(kind, arguments):
    schedule = getattr(keras.optimizers.schedules, kind)(**arguments)
    return torch.tensor([float(schedule(torch.tensor(s, dtype=torch.float64))) for s in range(STEPS)],
                        dtype=torch.float64)


def main():
    golden = Golden("schedules", packages=VERSIONS)
    for name, (rule, arguments, make) in CASES.items():
        schedule = {"type": rule} | arguments
        rates = torch.tensor([rate(schedule, s) for s in range(STEPS)], dtype=torch.float64)
        if make:
            with warnings.catch_warnings(action="ignore"):
                torch.testing.assert_close(rates, torch_rates(make), rtol=1e-9, atol=1e-12)
        if hasattr(keras.optimizers.schedules, rule):
            torch.testing.assert_close(rates, keras_rates(rule, arguments), rtol=1e-12, atol=1e-14)
        golden.add(name, {"op": rule, "schedule": schedule}, rates=rates)
    golden.write()


if __name__ == "__main__":
    main()
