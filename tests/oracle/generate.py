"""Writes every golden, or with --check compares what would be written with what is there."""
import argparse
import contextlib
import io
import json
import pathlib
import tempfile

import numpy as np
from safetensors import safe_open

import activations
import augmentations
import callbacks
import common
import constraints
import convolution
import images
import layers
import losses
import metrics
import moments
import normalization
import optimizers
import pooling
import schedules
import steps
import training
import window_layers

FAMILIES = (activations, augmentations, callbacks, constraints, convolution, images, layers, losses, metrics, moments, normalization, optimizers,
            pooling, schedules, steps, training, window_layers)


def contents(path):
    if path.suffix == ".json":
        return json.loads(path.read_text()), {}
    with safe_open(path, "numpy") as file:
        return json.loads(file.metadata()["oracle"]), {name: file.get_tensor(name) for name in file.keys()}


def without_versions(described):
    return {key: value for key, value in described.items() if key != "versions"}


def differences(stored, made):
    (stored_text, stored_tensors), (text, tensors) = contents(stored), contents(made)
    if stored.suffix == ".json":  # trainings in float32 differ from machine to machine; the float64 ones may in their last digits
        for old, new in zip(stored_text["runs"], text["runs"], strict=True):
            if not np.allclose(old["losses"], new["losses"], rtol=1e-8):
                yield old["workload"]
        return
    if without_versions(stored_text) != without_versions(text) or stored_tensors.keys() != tensors.keys():
        yield "the cases"
        return
    for name, tensor in tensors.items():
        if not np.allclose(stored_tensors[name], tensor, rtol=1e-12, atol=1e-14):
            yield name


def check():
    stored = common.GOLDEN
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        common.GOLDEN = pathlib.Path(folder)
        with contextlib.redirect_stdout(io.StringIO()):
            for family in FAMILIES:
                family.main()
        for made in sorted(common.GOLDEN.iterdir()):
            for difference in differences(stored / made.name, made):
                print(f"{made.name}: {difference} differs")
                wrong += 1
    print("differences:", wrong)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        raise SystemExit(1 if check() else 0)
    for family in FAMILIES:
        family.main()


if __name__ == "__main__":
    main()
