"""Shared by the oracle scripts: the number generator and the golden file."""
import json
import math
import pathlib
import platform

import numpy as np
import torch
from safetensors.numpy import save_file

GOLDEN = pathlib.Path(__file__).parent / "golden"
SEED = 2026
torch.set_num_threads(1)  # sums in one order


def hash_bits(name, count, seed=SEED):
    """The 24 random bits of each of the first `count` elements of the tensor `name`: README.md, 'Numbers'."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64((key + seed) % 2**64) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z >> np.uint64(40)


def uniform(name, shape, low=-1.0, high=1.0):
    """Numbers in [low, high), representable in float32, as a float64 tensor."""
    unit = hash_bits(name, math.prod(shape)).astype(np.float64) * 2.0**-24
    values = (low + (high - low) * unit).astype(np.float32).astype(np.float64)
    return torch.from_numpy(values.reshape(shape))


def integers(name, shape, count):
    """Integers in [0, count)."""
    values = (hash_bits(name, math.prod(shape)) * np.uint64(count) >> np.uint64(24)).astype(np.int64)
    return torch.from_numpy(values.reshape(shape))


def versions():
    return {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()}


class Golden:
    """Collects cases and writes them as one safetensors file.

    A case is a name, attributes (JSON under the key `oracle` of `__metadata__`) and tensors `case/tensor`.
    """

    def __init__(self, family, may_repeat_sizes=False, packages=None):
        self.family = family
        self.packages = packages or {}  # versions of what else had a part in it
        # No two axes of a tensor have the same size, so that swapped axes can't pass.
        self.may_repeat_sizes = may_repeat_sizes
        self.cases = []
        self.tensors = {}

    def uniform(self, case, tensor, shape, low=-1.0, high=1.0):
        return uniform(f"{self.family}/{case}/{tensor}", shape, low, high)

    def add(self, case, attributes, **tensors):
        assert all(case != other["name"] for other in self.cases), case
        self.cases.append({"name": case, **attributes})
        for name, value in tensors.items():
            value = value.detach()
            sizes = [size for size in value.shape if size != 1]
            assert self.may_repeat_sizes or len(set(sizes)) == len(sizes), (case, name, sizes)
            value = value.to(torch.float64 if value.is_floating_point() else torch.int32)
            self.tensors[f"{case}/{name}"] = np.array(value.numpy(), order="C")

    def write(self):
        described = {"script": f"{self.family}.py", "versions": versions() | self.packages, "seed": SEED, "cases": self.cases}
        path = GOLDEN / f"{self.family}.safetensors"
        # One key: the order of several would differ from run to run.
        save_file(self.tensors, path, metadata={"oracle": json.dumps(described, ensure_ascii=False)})
        print(f"{path.name}: {len(self.cases)} cases, {path.stat().st_size} bytes")


def gradients(outputs, seeds, inputs):
    """d(Σ outputs·seeds)/d(inputs)."""
    return torch.autograd.grad(outputs, inputs, seeds)
