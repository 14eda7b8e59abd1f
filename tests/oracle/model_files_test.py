"""What others read in a model file that `sloy train` wrote: names, shapes, types, and numbers with which the network, worked out here,
predicts what `sloy predict` does.

    model_files_test.py SLOY
"""
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

import safetensors_reader

SLOY = sys.argv.pop(1)
RECIPE = """
[data]
name = "moons"
[[model.layer]]
type = "Dense"
units = 5
activation = "tanh"
[[model.layer]]
type = "Dense"
units = 3
use_bias = false
[train]
epochs = 2
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
optimizer = { type = "Adam" }
"""
POINTS = [(0.5, -0.25), (-1.0, 2.0), (0.0, 0.0), (1.5, 0.75)]
SHAPES = {"dense/kernel": [2, 5], "dense/bias": [5], "dense_1/kernel": [5, 3]}


def sloy(*arguments):
    return subprocess.run([SLOY, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def write_npy(path, rows):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header = header.ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
                     + b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows))


def product(row, kernel, units):
    return [sum(x * kernel[i * units + j] for i, x in enumerate(row)) for j in range(units)]


def probabilities(point, tensors):
    kernel, bias, last = (tensors[name].values() for name in ("dense/kernel", "dense/bias", "dense_1/kernel"))
    hidden = [math.tanh(y + b) for y, b in zip(product(point, kernel, 5), bias)]
    scores = [math.exp(score) for score in product(hidden, last, 3)]
    return [score / sum(scores) for score in scores]


class ModelFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.run_folder = pathlib.Path(cls.folder.name) / "run"
        recipe = pathlib.Path(cls.folder.name) / "recipe.toml"
        recipe.write_text(RECIPE)
        sloy("train", recipe, "--out", cls.run_folder, "--quiet")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_a_model_holds_the_networks_weights(self):
        _, tensors = safetensors_reader.read(self.run_folder / "model.safetensors")
        self.assertEqual({name: tensor.shape for name, tensor in tensors.items()}, SHAPES)
        self.assertEqual({tensor.dtype for tensor in tensors.values()}, {"F32"})

    def test_the_weights_predict_what_the_program_does(self):
        model = self.run_folder / "model.safetensors"
        _, tensors = safetensors_reader.read(model)
        points = self.run_folder / "points.npy"
        write_npy(points, POINTS)
        predictions = [json.loads(line) for line in sloy("predict", model, points, "--json").splitlines()]
        self.assertEqual(len(predictions), len(POINTS))
        for point, prediction in zip(POINTS, predictions):
            self.assertAlmostEqual(prediction["probability"], max(probabilities(point, tensors)), delta=1e-6)

    def test_a_checkpoint_holds_weights_and_what_the_optimizer_keeps(self):
        checkpoints = sorted((self.run_folder / "checkpoints").iterdir())
        self.assertEqual(len(checkpoints), 2)
        _, tensors = safetensors_reader.read(checkpoints[-1])
        _, weights = safetensors_reader.read(self.run_folder / "model.safetensors")
        for name, shape in SHAPES.items():
            self.assertEqual(tensors[name].shape, shape)
            self.assertEqual(tensors[name].data, weights[name].data)
            for average in ("momentum", "velocity"):
                self.assertEqual(tensors[f"optimizer/{name}/{average}"].shape, shape)


if __name__ == "__main__":
    unittest.main()
