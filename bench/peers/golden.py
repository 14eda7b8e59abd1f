"""The trainings of tests/oracle/golden/training.json, to check that a peer's net is the one that Sloy and PyTorch train.

Weights and batches come from the formula in tests/oracle/README.md; images have channels last, kernels are (height, width, in, out).
"""
import json
import pathlib

import numpy as np

import workloads

FILE = pathlib.Path(__file__).resolve().parents[2] / "tests/oracle/golden/training.json"
# Rounding grows about tenfold a step in the deep nets.
TOLERANCES = (1e-5, 1e-3, 1e-2)
MASK = np.uint64(0xFFFFFFFFFFFFFFFF)


def bits(name, shape, seed):
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 % 2**64
    index = np.arange(1, np.prod(shape, dtype=np.int64) + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64((key + seed) % 2**64) + index * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).reshape(shape)


def uniform(name, shape, low, high, seed):
    return (low + (high - low) * (bits(name, shape, seed).astype(np.float64) / 2**24)).astype(np.float32)


class Training:
    def __init__(self, name):
        stored = json.loads(FILE.read_text())
        self.name, self.seed = name, stored["seed"]
        runs = {run["workload"]: run for run in stored["runs"]}
        if name not in runs:
            raise SystemExit(f"{FILE.name} has {' '.join(runs)}, not {name}")
        self.batch, self.losses, self.variables = runs[name]["batch_size"], runs[name]["losses"], runs[name]["variables"]

    def weights(self):
        """In the order of the net's layers; in a residual block both convolutions with their norms, then the shortcut."""
        for variable in self.variables:
            shape, initial = variable["shape"], variable["initial"]
            if "constant" in initial:
                yield np.full(shape, initial["constant"], np.float32)
            else:
                bound = initial["uniform"]
                yield uniform(f"{self.name}/{variable['name']}", shape, -bound, bound, self.seed)

    def batches(self):
        workload = workloads.WORKLOADS[self.name]
        for k in range(4):
            x = uniform(f"{self.name}/x/{k}", (self.batch, *workload.shape_channels_last), 0.0, 1.0, self.seed)
            if workload.loss == "cross_entropy":
                labels = bits(f"{self.name}/labels/{k}", (self.batch,), self.seed) * np.uint64(workload.classes)
                yield x, (labels >> np.uint64(24)).astype(np.int32)
            else:
                yield x, x[:, :1] * x[:, 1:] if workload.loss == "mse" else x

    def check(self, losses):
        """Takes the losses of the first steps; leaves with an error where they are others."""
        for step, (loss, tolerance) in enumerate(zip(losses, TOLERANCES)):
            off = abs(loss - self.losses[step]) / abs(self.losses[step])
            if not off <= tolerance:
                raise SystemExit(f"{self.name}: loss {loss:.8g} in step {step}, {self.losses[step]:.8g} in {FILE.name}: off by {off:.1e}")
        print(f"{self.name}: the first {len(TOLERANCES)} losses are those of {FILE.name}")
