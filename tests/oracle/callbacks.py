"""Goldens of callbacks that decide by a list of figures: what Keras's do with it, and PyTorch's one-cycle.

A case's `callback` is what a recipe says for it; its arguments are Keras's, those of OneCycle but for their names PyTorch's.
"""
import types
import warnings

import torch

from common import Golden
from keras_float64 import VERSIONS, keras, made

# Falls, stays, rises, moves by little, falls again.
LOSSES = [3.0, 2.5, 2.5, 2.4375, 2.5, 2.25, 2.75, 2.5, 2.5, 2.5, 2.1875, 2.1875, 2.25, 2.5, 2.5, 1.5, 1.5, 1.75, 1.625,
          1.625, 1.625, 1.625, 2.0]
PLATEAUS = {
    "plateau": {"patience": 3, "factor": 0.5},
    "plateau_at_once": {"patience": 1, "factor": 0.75},
    "plateau_min_delta": {"patience": 2, "factor": 0.5, "min_delta": 0.25},
    "plateau_cooldown": {"patience": 2, "factor": 0.5, "cooldown": 3},
    "plateau_min_lr": {"patience": 1, "factor": 0.25, "min_lr": 0.015625},
    "plateau_all": {"patience": 2, "factor": 0.5, "min_delta": 0.125, "cooldown": 1, "min_lr": 0.03125},
    "plateau_of_an_accuracy": {"patience": 2, "factor": 0.5, "mode": "max", "min_delta": 0.125},
}
STOPS = {
    "stopping": {},
    "stopping_patience": {"patience": 3},
    "stopping_min_delta": {"patience": 2, "min_delta": 0.25},
    "stopping_baseline": {"patience": 4, "baseline": 2.375},
    "stopping_late": {"patience": 2, "start_from_epoch": 5},
    "stopping_never": {"patience": 9},
    "stopping_of_an_accuracy": {"patience": 4, "mode": "max"},
}
CYCLES = {
    "one_cycle": ({"max_learning_rate": 0.25}, {"max_lr": 0.25}),
    "one_cycle_line": ({"max_learning_rate": 0.5, "pct_start": 0.25, "anneal_strategy": "linear", "div_factor": 10.0,
                        "final_div_factor": 50.0},
                       {"max_lr": 0.5, "pct_start": 0.25, "anneal_strategy": "linear", "div_factor": 10.0,
                        "final_div_factor": 50.0}),
}
CYCLE_STEPS = 40


def model():
    """As much of a model as these callbacks look at. Its weights are the number of the epoch."""
    built = types.SimpleNamespace(optimizer=keras.optimizers.SGD(0.5), stop_training=False, weights=0)
    built.get_weights = lambda: built.weights
    built.set_weights = lambda weights: setattr(built, "weights", weights)
    return built


def main():
    golden = Golden("callbacks", packages=VERSIONS)
    losses = torch.tensor(LOSSES, dtype=torch.float64)
    for case, arguments in PLATEAUS.items():
        described = {"type": "ReduceLROnPlateau", "monitor": "val_loss", **arguments}
        callback = made(keras.callbacks, described)
        callback.set_model(model())
        callback.on_train_begin()
        rates = []
        for epoch, loss in enumerate(LOSSES):
            callback.on_epoch_end(epoch, {"val_loss": loss})
            rates.append(float(callback.model.optimizer.learning_rate))
        golden.add(case, {"op": "ReduceLROnPlateau", "callback": described}, losses=losses,
                   rates=torch.tensor(rates, dtype=torch.float64))
    for case, arguments in STOPS.items():
        described = {"type": "EarlyStopping", "monitor": "val_loss", "restore_best_weights": True, **arguments}
        callback = made(keras.callbacks, described)
        callback.set_model(model())
        callback.on_train_begin()
        for epoch, loss in enumerate(LOSSES):
            callback.model.weights = epoch
            callback.on_epoch_end(epoch, {"val_loss": loss})
            if callback.model.stop_training:
                break
        callback.on_train_end()
        golden.add(case, {"op": "EarlyStopping", "callback": described, "epochs": epoch + 1,
                          "stopped": callback.model.stop_training, "kept": callback.model.weights}, losses=losses)
    for case, (arguments, torchs) in CYCLES.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, total_steps=CYCLE_STEPS, cycle_momentum=False, **torchs)
        rates = []
        with warnings.catch_warnings(action="ignore"):
            for step in range(CYCLE_STEPS):
                rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                if step + 1 < CYCLE_STEPS:
                    cycle.step()
        golden.add(case, {"op": "OneCycle", "callback": {"type": "OneCycle", **arguments}},
                   rates=torch.tensor(rates, dtype=torch.float64))
    golden.write()


if __name__ == "__main__":
    main()
