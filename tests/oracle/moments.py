"""Goldens of what is random: moments of what Keras's initializers and noise layers give, with their standard errors.

An initializer's case also holds what Keras asks of its generator: the bounds of uniform numbers, the mean and deviation of
normal ones. Those don't depend on chance. Our seed is not Keras's, so moments agree within their errors only.
"""
import unittest.mock

import torch

from common import SEED, Golden
from keras_float64 import VERSIONS, keras, made

SHAPE = (2, 3, 100, 250)
INITIALIZERS = {
    "random_normal": {"type": "RandomNormal", "mean": 0.5, "stddev": 0.03},
    "random_uniform": {"type": "RandomUniform", "minval": -0.2, "maxval": 0.1},
    "truncated_normal": {"type": "TruncatedNormal", "mean": -0.25, "stddev": 0.2},
    "glorot_uniform": {"type": "GlorotUniform"},
    "glorot_normal": {"type": "GlorotNormal"},
    "he_uniform": {"type": "HeUniform"},
    "he_normal": {"type": "HeNormal"},
    "lecun_uniform": {"type": "LecunUniform"},
    "lecun_normal": {"type": "LecunNormal"},
    "variance_scaling": {"type": "VarianceScaling"},
    "variance_scaling_untruncated": {"type": "VarianceScaling", "scale": 1.0, "mode": "fan_in",
                                     "distribution": "untruncated_normal"},
    "variance_scaling_out": {"type": "VarianceScaling", "scale": 2.5, "mode": "fan_out", "distribution": "truncated_normal"},
    "variance_scaling_uniform": {"type": "VarianceScaling", "scale": 3.0, "mode": "fan_avg", "distribution": "uniform"},
}
FIXED = {
    "zeros": ({"type": "Zeros"}, (5, 3)),
    "ones": ({"type": "Ones"}, (5, 3)),
    "constant": ({"type": "Constant", "value": 0.375}, (5, 3)),
    "identity": ({"type": "Identity", "gain": 0.5}, (5, 3)),
    "identity_wide": ({"type": "Identity"}, (3, 5)),
}
ROWS = 20000
NOISES = {
    "dropout": ({"type": "Dropout", "rate": 0.3}, (ROWS, 3)),
    "dropout_high": ({"type": "Dropout", "rate": 0.9}, (ROWS, 3)),
    "dropout_shared": ({"type": "Dropout", "rate": 0.3, "noise_shape": [None, 1, None]}, (ROWS, 2, 3)),
    "spatial_dropout1d": ({"type": "SpatialDropout1D", "rate": 0.4}, (ROWS, 2, 3)),
    "spatial_dropout2d": ({"type": "SpatialDropout2D", "rate": 0.4}, (ROWS, 2, 1, 3)),
    "spatial_dropout3d": ({"type": "SpatialDropout3D", "rate": 0.4}, (ROWS, 1, 2, 1, 3)),
    "gaussian_dropout": ({"type": "GaussianDropout", "rate": 0.3}, (ROWS, 3)),
    "gaussian_noise": ({"type": "GaussianNoise", "stddev": 0.75}, (ROWS, 3)),
    "alpha_dropout": ({"type": "AlphaDropout", "rate": 0.3}, (ROWS, 3)),
}
# Of each column of what goes into a noise layer.
COLUMNS = torch.tensor([0.5, -1.25, 2.0], dtype=torch.float64)


def moments(x):
    """Mean and variance along the first axis, and the standard errors of both."""
    count = len(x)
    mean = x.mean(0)
    away = x - mean
    variance = torch.square(away).mean(0)
    of_variance = torch.sqrt((away.pow(4).mean(0) - torch.square(variance)).clamp(min=0) / count)
    return torch.stack([mean, variance]), torch.stack([torch.sqrt(variance / count), of_variance])


def asked(initializer):
    """The function of Keras's generator that an initializer calls, and with which numbers."""
    calls = []

    def recorder(name, function):
        def recorded(*arguments, **keywords):
            calls.append({"draws": name} | {key: float(keywords[key]) for key in ("mean", "stddev", "minval", "maxval")
                                            if key in keywords})
            return function(*arguments, **keywords)
        return recorded

    random = keras.src.initializers.random_initializers.random
    with unittest.mock.patch.multiple(random, **{name: recorder(name, getattr(random, name))
                                                 for name in ("uniform", "normal", "truncated_normal")}):
        values = initializer(SHAPE, dtype="float64")
    assert calls  # the first is the initializer's, others are the generator's own
    return calls[0], values.reshape(-1).cpu()


class Linear(torch.Tensor):
    """A weight that notes between which bounds PyTorch fills it."""

    def uniform_(self, low, high, generator=None):
        self.bounds = {"draws": "uniform", "minval": low, "maxval": high}
        return super().uniform_(low, high, generator=generator)


def standard_uniform(golden):
    """The weights of PyTorch's Linear and convolutions: torch.nn.modules.linear, reset_parameters."""
    weight = torch.empty((250, 600), dtype=torch.float64).as_subclass(Linear)
    torch.nn.init.kaiming_uniform_(weight, 5**0.5, generator=torch.Generator().manual_seed(SEED))
    values = weight.as_subclass(torch.Tensor).reshape(-1)
    found, errors = moments(values)
    golden.add("standard_uniform", {"op": "initializer", "initializer": {"type": "StandardUniform"}, "shape": [600, 250],
                                    **weight.bounds},
               moments=found, errors=errors, bounds=torch.stack([values.min(), values.max()]))


def initializers(golden):
    for case, described in INITIALIZERS.items():
        call, values = asked(made(keras.initializers, described | {"seed": SEED}))
        found, errors = moments(values)
        golden.add(case, {"op": "initializer", "initializer": described, "shape": list(SHAPE), **call}, moments=found,
                   errors=errors, bounds=torch.stack([values.min(), values.max()]))
    for case, (described, shape) in FIXED.items():
        golden.add(case, {"op": "fixed", "initializer": described}, values=made(keras.initializers, described)(shape, dtype="float64"))
    for case, shape in (("orthogonal_tall", (7, 5)), ("orthogonal_wide", (4, 9)), ("orthogonal_kernel", (2, 3, 4, 5))):
        described = {"type": "Orthogonal", "gain": 1.5}
        values = made(keras.initializers, described | {"seed": SEED})(shape, dtype="float64").reshape(-1, shape[-1]).cpu()
        # Which of the two is gain² times the identity says what is orthogonal: columns, or rows where there are fewer.
        golden.add(case, {"op": "orthogonal", "initializer": described, "shape": list(shape),
                          "columns": bool(torch.allclose(values.T @ values, 2.25 * torch.eye(shape[-1], dtype=torch.float64))),
                          "rows": bool(torch.allclose(values @ values.T, 2.25 * torch.eye(len(values), dtype=torch.float64)))},
                   norm=torch.linalg.norm(values))


def noises(golden):
    """Each column's moments, the covariance of its first and last position, and the share of zeros."""
    for case, (described, shape) in NOISES.items():
        x = COLUMNS.expand(shape)
        y = made(keras.layers, described | {"seed": SEED})(x, training=True).detach().cpu().reshape(ROWS, -1, 3)
        used = made(keras.layers, described)(x[:1], training=False).detach().cpu().reshape(-1)[:3]
        found, errors = moments(y[:, 0])
        if "noise_shape" in described:  # in recipes -1 is None
            described = described | {"noise_shape": [size or -1 for size in described["noise_shape"]]}
        golden.add(case, {"op": "noise", "layer": described, "shape": list(shape)}, columns=COLUMNS, used=used, moments=found,
                   errors=errors, zeros=(y[:, 0] == 0).double().mean(0),
                   positions_alike=(y[:, 0] == y[:, -1]).all().double())


def main():
    golden = Golden("moments", packages=VERSIONS, may_repeat_sizes=True)
    initializers(golden)
    standard_uniform(golden)
    noises(golden)
    golden.write()


if __name__ == "__main__":
    main()
