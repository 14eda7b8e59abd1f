"""Goldens of whole training steps of a small net: what the data weigh, what layers add to the loss, what optimizers share.

The net is Dense(4, tanh) named hidden and Dense(3) named out, on five numbers, in batches of seven. A case has what a
recipe would say of its layers, loss and optimizer; Keras is given the same, or PyTorch where the case's function below
trains with it. `losses` are those of each step before its update, penalties included; `after/WEIGHT` is each weight after
each step, `final/WEIGHT` what the fit leaves.
"""
import numpy as np
import torch
import torch.nn.functional as F

from common import Golden, integers
from keras_float64 import VERSIONS, keras, made

STEPS, BATCH = 6, 7
WEIGHTS = {"hidden/kernel": (5, 4), "hidden/bias": (4,), "out/kernel": (4, 3), "out/bias": (3,)}
SGD = {"type": "SGD", "learning_rate": 0.25}
MOMENTUM = SGD | {"momentum": 0.75}
MSE = {"type": "MeanSquaredError"}
LABELS = {"type": "SparseCategoricalCrossentropy", "from_logits": True}
CLASS_WEIGHT = [0.5, 3.0, 1.25]


def mean_by_weight(loss):
    return loss | {"reduction": "mean_with_sample_weight"}


# What differs from the net as it is, trained by MSE and plain descent.
KERAS_CASES = {
    "plain": {},
    "class_weight": {"loss": LABELS, "class_weight": CLASS_WEIGHT},
    "class_weight_mean": {"loss": mean_by_weight(LABELS), "class_weight": CLASS_WEIGHT},
    "class_weight_one_hot": {"loss": {"type": "CategoricalCrossentropy", "from_logits": True}, "class_weight": CLASS_WEIGHT},
    "sample_weight": {"weighed": True},
    "sample_weight_sum": {"weighed": True, "loss": MSE | {"reduction": "sum"}, "optimizer": SGD | {"learning_rate": 0.03125}},
    "sample_weight_mean": {"weighed": True, "loss": mean_by_weight(MSE)},
    "sample_weight_labels": {"weighed": True, "loss": LABELS, "optimizer": MOMENTUM},
    "mask": {"positions": 2, "weighed": "mask"},
    "mask_mean": {"positions": 2, "weighed": "mask", "loss": mean_by_weight(MSE)},
    # Keras adds its epsilon to how many are counted.
    "ignored_class": {"loss": LABELS | {"ignore_class": 1}, "epsilon": 1e-15},
    "ignored_class_mean": {"loss": mean_by_weight(LABELS) | {"ignore_class": 1}},
    "ignored_class_weighed": {"loss": mean_by_weight(LABELS) | {"ignore_class": 1}, "weighed": True},
    "ignored_class_weighed_all": {"loss": LABELS | {"ignore_class": 1}, "weighed": True, "epsilon": 1e-15},
    "activity_l1": {"hidden": {"activity_regularizer": {"type": "L1", "l1": 0.05}}},
    "activity_l2": {"hidden": {"activity_regularizer": {"type": "L2", "l2": 0.125}},
                    "out": {"activity_regularizer": {"type": "L1L2", "l1": 0.02, "l2": 0.03}}, "optimizer": MOMENTUM},
    "penalties": {"hidden": {"kernel_regularizer": {"type": "L1L2", "l1": 0.02, "l2": 0.03},
                             "bias_regularizer": {"type": "L1", "l1": 0.01}},
                  "out": {"kernel_regularizer": {"type": "L2", "l2": 0.05}}},
    "orthogonal": {"hidden": {"kernel_regularizer": {"type": "OrthogonalRegularizer", "factor": 0.5}},
                   "out": {"kernel_regularizer": {"type": "OrthogonalRegularizer", "factor": 0.25, "mode": "columns"}}},
    "constraints": {"hidden": {"kernel_constraint": {"type": "MaxNorm", "max_value": 0.75, "axis": [0]},
                               "bias_constraint": {"type": "NonNeg"}},
                    "out": {"kernel_constraint": {"type": "UnitNorm", "axis": [1]}}, "optimizer": MOMENTUM},
    "clipvalue": {"optimizer": MOMENTUM | {"clipvalue": 0.03125}},
    "clipnorm": {"optimizer": MOMENTUM | {"clipnorm": 0.0625}},
    "global_clipnorm": {"optimizer": MOMENTUM | {"global_clipnorm": 0.125}},
    "weight_decay": {"optimizer": MOMENTUM | {"weight_decay": 0.125, "exclude_from_weight_decay": ["bias"]}},
    "average": {"optimizer": MOMENTUM | {"use_ema": True, "ema_momentum": 0.75}},
    "average_overwrites": {"optimizer": SGD | {"use_ema": True, "ema_momentum": 0.625, "ema_overwrite_frequency": 2}},
    "accumulated": {"optimizer": MOMENTUM | {"gradient_accumulation_steps": 3}},
    "accumulated_clipped": {"optimizer": SGD | {"gradient_accumulation_steps": 2, "global_clipnorm": 0.125,
                                                "weight_decay": 0.125}},
    "schedule": {"optimizer": SGD | {"learning_rate": {"type": "ExponentialDecay", "initial_learning_rate": 0.25,
                                                       "decay_steps": 2, "decay_rate": 0.5}}},
}


def data(golden, case, loss, positions, weighed):
    """Features, targets and, where there are, weights of all examples; one axis of positions or none."""
    places = (positions,) if positions else ()
    tensors = {"x": golden.uniform(case, "x", (STEPS * BATCH, *places, 5), -1.5, 1.5)}
    labels = integers(f"steps/{case}/y", (STEPS * BATCH,), 3)
    if loss["type"] == "SparseCategoricalCrossentropy":
        tensors["y"] = labels
    elif loss["type"] == "CategoricalCrossentropy":
        tensors["y"] = F.one_hot(labels, 3).double()
    else:
        tensors["y"] = golden.uniform(case, "y", (STEPS * BATCH, *places, 3))
    if weighed:
        weights = golden.uniform(case, "sample_weight", (STEPS * BATCH, *places), 0.0, 2.0)
        tensors["sample_weight"] = (weights > 0.75).double() if weighed == "mask" else weights
    return tensors


def starts(golden, case):
    return {name: golden.uniform(case, name, shape) for name, shape in WEIGHTS.items()}


def add(golden, case, described, tensors, start, losses, after, final):
    golden.add(case, {"op": "steps", "batch": BATCH} | described, **tensors, losses=torch.stack(losses),
               **{f"start/{name}": value for name, value in start.items()},
               **{f"after/{name}": torch.stack([step[name] for step in after]) for name in WEIGHTS},
               **{f"final/{name}": final[name] for name in WEIGHTS})


def batches(tensors):
    for step in range(STEPS):
        yield {name: value[step * BATCH:(step + 1) * BATCH] for name, value in tensors.items()}


def dense(name, units, arguments, **more):
    """Keras documents that a penalty on a result is divided by the number of examples; Keras 3.12 adds it undivided. The cases
    have what is documented."""
    kinds = {"regularizer": keras.regularizers, "constraint": keras.constraints}
    described = {key: made(kinds[key.split("_")[-1]], value) for key, value in arguments.items()}
    if undivided := described.get("activity_regularizer"):
        described["activity_regularizer"] = lambda y: undivided(y) / BATCH
    return keras.layers.Dense(units, name=name, **described, **more)


def keras_optimizer(described):
    described = dict(described)
    excluded = described.pop("exclude_from_weight_decay", None)
    if isinstance(described["learning_rate"], dict):
        described["learning_rate"] = made(keras.optimizers.schedules, described["learning_rate"])
    optimizer = made(keras.optimizers, described)
    if excluded:
        optimizer.exclude_from_weight_decay(var_names=excluded)
    return optimizer


def weights_of(model):
    return {f"{layer.name}/{weight.name}": weight.value.detach().cpu().clone()
            for layer in model.layers for weight in layer.weights}


def keras_steps(golden, case, hidden=None, out=None, loss=MSE, optimizer=SGD, class_weight=None, weighed=None, positions=0,
                epsilon=1e-7):
    keras.config.set_epsilon(epsilon)
    tensors, start = data(golden, case, loss, positions, weighed), starts(golden, case)
    model = keras.Sequential([keras.Input((positions, 5) if positions else (5,)), dense("hidden", 4, hidden or {}, activation="tanh"),
                              dense("out", 3, out or {})])
    for layer in model.layers:
        layer.set_weights([start[f"{layer.name}/{kind}"].numpy() for kind in ("kernel", "bias")])
    model.compile(optimizer=keras_optimizer(optimizer), loss=made(keras.losses, loss))
    losses, after = [], []
    for batch in batches(tensors):
        model.reset_metrics()
        weights = batch.get("sample_weight")
        found = model.train_on_batch(batch["x"].numpy(), batch["y"].numpy(), None if weights is None else weights.numpy(),
                                     dict(enumerate(class_weight)) if class_weight else None)
        losses.append(torch.tensor(float(np.asarray(found)), dtype=torch.float64))
        after.append(weights_of(model))
    keras.config.set_epsilon(1e-7)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    described = {"hidden": hidden or {}, "out": out or {}, "loss": loss, "optimizer": optimizer, "class_weight": class_weight or [],
                 "positions": positions}
    add(golden, case, described, tensors, start, losses, after, weights_of(model))


def forward(weights, x):
    return torch.tanh(x @ weights["hidden/kernel"] + weights["hidden/bias"]) @ weights["out/kernel"] + weights["out/bias"]


def mse(y, target):
    return torch.square(y - target).mean()


def torch_steps(golden, case, described, make_optimizer, loss_of, penalty=None, accumulated=1, after_step=None, weighed=False):
    """`loss_of(y, target)`, of weighed data `loss_of(y, target, weight)`, is what each step makes small,
    `penalty(weights)` is reported beside it without a gradient."""
    described = {"hidden": {}, "out": {}, "loss": MSE, "class_weight": [], "positions": 0} | described
    tensors, start = data(golden, case, described["loss"], 0, weighed), starts(golden, case)
    weights = {name: value.clone().requires_grad_() for name, value in start.items()}
    torch.set_default_dtype(torch.float64)
    optimizer = make_optimizer(weights)
    losses, after = [], []
    for step, batch in enumerate(batches(tensors)):
        loss = loss_of(forward(weights, batch.pop("x")), *batch.values())
        losses.append(loss.detach() + (penalty(weights).detach() if penalty else 0))
        (loss / accumulated).backward()
        if (step + 1) % accumulated == 0:
            optimizer.step()
            optimizer.zero_grad()
            if after_step:
                with torch.no_grad():
                    after_step(weights)
        after.append({name: value.detach().clone() for name, value in weights.items()})
    torch.set_default_dtype(torch.float32)
    add(golden, case, described, tensors, start, losses, after, after[-1])


def torch_cases(golden):
    def descent(weights):
        return torch.optim.SGD(weights.values(), 0.25)

    # PyTorch's mean of a weighted cross-entropy is divided by the weights' sum.
    of_class = torch.tensor(CLASS_WEIGHT, dtype=torch.float64)
    torch_steps(golden, "torch_class_weight", {"loss": mean_by_weight(LABELS), "class_weight": CLASS_WEIGHT, "optimizer": SGD}, descent,
                lambda y, target: F.cross_entropy(y, target, of_class))
    # Keras refuses weights of both kinds; ours are multiplied.
    torch_steps(golden, "torch_class_and_sample_weight", {"loss": LABELS, "class_weight": CLASS_WEIGHT, "optimizer": SGD}, descent,
                lambda y, target, weight: (weight * F.cross_entropy(y, target, of_class, reduction="none")).mean(), weighed=True)
    torch_steps(golden, "torch_ignored_class", {"loss": mean_by_weight(LABELS) | {"ignore_class": 1}, "class_weight": CLASS_WEIGHT,
                                                "optimizer": SGD}, descent,
                lambda y, target: F.cross_entropy(y, target, of_class, ignore_index=1))

    torch_steps(golden, "torch_accumulated", {"optimizer": MOMENTUM | {"gradient_accumulation_steps": 3}},
                lambda weights: torch.optim.SGD(weights.values(), 0.25, momentum=0.75), mse, accumulated=3)
    adam = {"type": "Adam", "learning_rate": 0.0625, "epsilon": 0.01, "epsilon_place": "outside_root"}
    torch_steps(golden, "torch_accumulated_adam", {"optimizer": adam | {"gradient_accumulation_steps": 2}},
                lambda weights: torch.optim.Adam(weights.values(), 0.0625, eps=0.01), mse, accumulated=2)

    # A multiplier is a parameter group with a rate of its own.
    multipliers = {"learning_rate_multipliers": [{"path": "hidden", "multiplier": 0.125}, {"path": "out/bias", "multiplier": 2.0}]}

    def groups(weights, rate):
        factors = {"hidden/kernel": 0.125, "hidden/bias": 0.125, "out/kernel": 1.0, "out/bias": 2.0}
        return [{"params": [weights[name]], "lr": rate * factor} for name, factor in factors.items()]

    torch_steps(golden, "torch_multipliers", {"optimizer": MOMENTUM | multipliers},
                lambda weights: torch.optim.SGD(groups(weights, 0.25), momentum=0.75), mse)
    torch_steps(golden, "torch_multipliers_adamw",
                {"optimizer": adam | multipliers | {"type": "AdamW", "weight_decay": 0.125}},
                lambda weights: torch.optim.AdamW(groups(weights, 0.0625), eps=0.01, weight_decay=0.125), mse)

    # The proximal step of l1·Σ|w| at rate η is PyTorch's softshrink by η·l1.
    def shrink(weights):
        weights["hidden/kernel"].copy_(F.softshrink(weights["hidden/kernel"], 0.25 * 0.125))

    torch_steps(golden, "torch_proximal", {"hidden": {"kernel_regularizer": {"type": "L1", "l1": 0.125, "proximal": True}},
                                           "optimizer": SGD}, descent, mse,
                penalty=lambda weights: 0.125 * weights["hidden/kernel"].abs().sum(), after_step=shrink)


def two_outputs(golden):
    """A net that ends twice, in out and in other, a Dense(2) on hidden; each has a loss, which counts as said."""
    case, counts = "two_outputs", [2.0, 0.375]
    start = starts(golden, case) | {"other/kernel": golden.uniform(case, "other/kernel", (4, 2)),
                                    "other/bias": golden.uniform(case, "other/bias", (2,))}
    x = golden.uniform(case, "x", (STEPS * BATCH, 5), -1.5, 1.5)
    targets = {"y": golden.uniform(case, "y", (STEPS * BATCH, 3)), "y_other": golden.uniform(case, "y_other", (STEPS * BATCH, 2))}
    features = keras.Input((5,))
    hidden = dense("hidden", 4, {}, activation="tanh")(features)
    model = keras.Model(features, [dense("out", 3, {})(hidden), dense("other", 2, {})(hidden)])
    for layer in model.layers[1:]:
        layer.set_weights([start[f"{layer.name}/{kind}"].numpy() for kind in ("kernel", "bias")])
    model.compile(optimizer=keras_optimizer(SGD), loss=[keras.losses.MeanSquaredError(), keras.losses.Huber(delta=0.5)],
                  loss_weights=counts)
    losses, after = [], []
    for batch in batches({"x": x} | targets):
        model.reset_metrics()
        found = model.train_on_batch(batch["x"].numpy(), [batch["y"].numpy(), batch["y_other"].numpy()])
        losses.append(torch.tensor(float(np.asarray(found).reshape(-1)[0]), dtype=torch.float64))
        after.append(weights_of(model))
    golden.add(case, {"op": case, "batch": BATCH, "loss_weights": counts, "optimizer": SGD}, x=x, **targets, losses=torch.stack(losses),
               **{f"start/{name}": value for name, value in start.items()},
               **{f"after/{name}": torch.stack([step[name] for step in after]) for name in start})


def covariate_shift(golden):
    """Weights of training examples by how much they are like the test data's: odds of the logistic regression that tells the two
    apart, at its optimum, times the ratio of their numbers; cut off at `largest`, then scaled to the mean 1."""
    case, largest = "covariate_shift", [20.0, 1.25]
    train, test = golden.uniform(case, "train", (61, 3)), golden.uniform(case, "test", (37, 3), -0.5, 1.5)
    x = torch.cat([train, test])
    told = torch.cat([torch.zeros(61, dtype=torch.float64), torch.ones(37, dtype=torch.float64)])
    w, b = torch.zeros(3, dtype=torch.float64, requires_grad=True), torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([w, b], max_iter=500, tolerance_grad=1e-13, tolerance_change=0, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = F.binary_cross_entropy_with_logits(x @ w + b, told)
        value.backward()
        return value

    optimizer.step(loss)
    assert float(w.grad.norm() + b.grad.abs()) < 1e-9
    odds = torch.exp(train @ w + b).detach() * 61 / 37
    weights = torch.stack([cut / cut.mean() for cut in (odds.clamp(max=limit) for limit in largest)])
    assert bool((odds > largest[1]).any()) and bool((odds < largest[0]).all())
    golden.add(case, {"op": case, "largest": largest}, train=train, test=test, weights=weights)


def main():
    golden = Golden("steps", packages=VERSIONS)
    for case, described in KERAS_CASES.items():
        keras_steps(golden, case, **described)
    torch_cases(golden)
    two_outputs(golden)
    covariate_shift(golden)
    golden.write()


if __name__ == "__main__":
    main()
