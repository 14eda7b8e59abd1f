"""Ten steps of training the benchmark workloads in PyTorch, in float64 and in float32: losses, parameter counts, norms.

Nets, losses and optimisers are those of bench/peers/nets.py without dropout. Weights and batches come from the formula in
README.md, so that only figures are stored: golden/training.json.
"""
import json
import pathlib
import sys

import torch
import torch.nn as nn

import common
from common import SEED, integers, uniform, versions

sys.path.append(str(pathlib.Path(__file__).parents[2] / "bench" / "peers"))
import nets  # noqa: E402

STEPS = 10
BATCHES = 4  # step k is fed batch k mod 4
BATCH_SIZE = {"W1": 16, "W2": 32, "W3": 8, "W4": 4, "W5": 4, "W7": 8, "W9": 32}

LAYERS = {nn.Conv2d: "conv2d", nn.Linear: "dense", nn.BatchNorm2d: "batch_normalization", nn.BatchNorm1d: "batch_normalization"}


class FlattenChannelsLast(nn.Module):
    """Puts height, width, channels in that order, as channels-last nets do."""

    def forward(self, x):
        return x.movedim(1, -1).flatten(1)


def without_dropout(rate):
    return nn.Identity()


def to_torch(array, kind):
    """Our kernel (height, width, in, out) or (in, out) in PyTorch's order."""
    return array.permute(3, 2, 0, 1) if kind == "conv2d" else array.T


def variables(workload, net):
    """(name, parameter, kind, our shape, initial value) of each trainable variable, in order of the net's layers."""
    counts = {}
    for module in net.modules():
        kind = LAYERS.get(type(module))
        if not kind:
            continue
        counts[kind] = counts.get(kind, 0) + 1
        layer = f"{kind}_{counts[kind]}"
        if kind == "batch_normalization":
            yield f"{layer}/gamma", module.weight, kind, {"constant": 1.0}
            yield f"{layer}/beta", module.bias, kind, {"constant": 0.0}
            continue
        bound = module.weight[0].numel() ** -0.5  # 1/√fan_in
        yield f"{layer}/kernel", module.weight, kind, {"uniform": bound}
        if module.bias is not None:
            yield f"{layer}/bias", module.bias, kind, {"uniform": bound}


def initialise(workload, net):
    described = []
    for name, parameter, kind, initial in variables(workload, net):
        kernel = name.endswith("kernel")
        shape = list(parameter.shape)
        if kernel:
            shape = [*shape[2:], shape[1], shape[0]]
        if "constant" in initial:
            value = torch.full(shape, initial["constant"], dtype=torch.float64)
        else:
            value = uniform(f"{workload}/{name}", shape, -initial["uniform"], initial["uniform"])
        with torch.no_grad():
            parameter.copy_(to_torch(value, kind) if kernel else value)
        described.append({"name": name, "shape": shape, "initial": initial})
    return described


def batch_of(workload, k, dtype):
    """Inputs made channels-last, handed over channels-first."""
    w, size = nets.WORKLOADS[workload], BATCH_SIZE[workload]
    image = len(w.shape) == 3
    shape = (size, *w.shape[1:], w.shape[0]) if image else (size, *w.shape)
    x = uniform(f"{workload}/x/{k}", shape, 0.0, 1.0)
    if w.loss == "cross_entropy":
        y = integers(f"{workload}/labels/{k}", (size,), w.classes)
    elif w.loss == "mse":
        y = (x[:, :1] * x[:, 1:]).to(torch.float32).to(torch.float64)
    else:
        y = x
    if image:
        x = x.movedim(-1, 1)
    if w.loss == "bce":
        y = x
    return x.to(dtype), y if w.loss == "cross_entropy" else y.to(dtype)


def norms(tensors):
    return [tensor.detach().to(torch.float64).norm().item() for tensor in tensors]


def train(workload, dtype, steps=STEPS):
    w = nets.WORKLOADS[workload]
    net = nets.build(workload, dropout=without_dropout, flatten=FlattenChannelsLast).to(dtype)
    described = initialise(workload, net)
    parameters = [parameter for _, parameter, _, _ in variables(workload, net)]
    optimizer = nets.optimizer(w, net.parameters())
    batches = [batch_of(workload, k, dtype) for k in range(BATCHES)]
    losses = []
    for step in range(steps):
        x, y = batches[step % BATCHES]
        optimizer.zero_grad()
        loss = nets.LOSSES[w.loss](net(x), y)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            for entry, norm in zip(described, norms([p.grad for p in parameters])):
                entry["first_gradient_norm"] = norm
        optimizer.step()
    for entry, norm in zip(described, norms(parameters)):
        entry["final_norm"] = norm
    return losses, described


def in_another_order(workload):
    """The first step in float32 with two threads, which add in another order: a ReLU that is all but zero may open or close."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    _, described = train(workload, torch.float32, steps=1)
    torch.set_num_threads(threads)
    return described


def main():
    runs = []
    for workload, size in BATCH_SIZE.items():
        w = nets.WORKLOADS[workload]
        losses, described = train(workload, torch.float64)
        losses_float32, in_float = train(workload, torch.float32)
        in_floats = [in_float, in_another_order(workload)]
        for i, entry in enumerate(described):
            entry["first_gradient_error_float32"] = max(
                abs(described_float32[i]["first_gradient_norm"] - entry["first_gradient_norm"]) for described_float32 in in_floats)
        worst = max(abs(a - b) / abs(a) for a, b in zip(losses, losses_float32))
        trainable = sum(torch.Size(entry["shape"]).numel() for entry in described)
        print(f"{workload}: loss {losses[0]:.6f} to {losses[-1]:.6f}, {trainable} parameters, float32 off by {worst:.1e}")
        runs.append({
            "workload": workload, "batch_size": size, "loss": w.loss, "optimizer": w.optimizer, "optimizer_options": w.optimizer_options,
            "trainable_parameters": trainable, "losses": losses, "losses_float32": losses_float32, "variables": described})
    described = {"script": "training.py", "versions": versions(), "seed": SEED, "steps": STEPS, "batches": BATCHES,
                 "dropout": "left out of W3 and W9", "runs": runs}
    path = common.GOLDEN / "training.json"
    path.write_text(json.dumps(described, indent=1) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
