"""Goldens of layers that have no weights to learn: several inputs in one, preprocessing, shapes, a variational code.

A case's `layer` is what a recipe says for it; its arguments are Keras's. Inputs are x0, x1, …, the layer's result y and
the gradients of Σ y·dy dx0, dx1, ….
"""
import torch

from common import Golden, gradients
from keras_float64 import VERSIONS, keras, made

IMAGES = (3, 5, 4, 6)
LAYERS = {
    "add": ({"type": "Add"}, [IMAGES] * 3),
    "multiply": ({"type": "Multiply"}, [IMAGES] * 3),
    "concatenate": ({"type": "Concatenate"}, [(3, 5, 4, 6), (3, 5, 4, 2), (3, 5, 4, 1)]),
    "concatenate_rows": ({"type": "Concatenate", "axis": 1}, [(3, 5, 4, 6), (3, 2, 4, 6)]),
    "concatenate_columns": ({"type": "Concatenate", "axis": -2}, [(3, 5, 2, 6), (3, 5, 7, 6)]),
    "flatten": ({"type": "Flatten"}, [IMAGES]),
    "reshape": ({"type": "Reshape", "target_shape": [8, 15]}, [IMAGES]),
    "reshape_open": ({"type": "Reshape", "target_shape": [10, -1, 2]}, [IMAGES]),
    "relu": ({"type": "ReLU"}, [IMAGES]),
    "relu_bounded": ({"type": "ReLU", "max_value": 0.75, "negative_slope": 0.125, "threshold": 0.25}, [IMAGES]),
    "rescaling": ({"type": "Rescaling", "scale": 0.125}, [IMAGES]),
    "rescaling_offset": ({"type": "Rescaling", "scale": -2.5, "offset": 0.75}, [(7, 5)]),
    "normalization": ({"type": "Normalization", "mean": [0.5], "variance": [2.25]}, [(7, 1)]),
    "normalization_channels": ({"type": "Normalization", "mean": [0.5, -1.25, 3.0, 0.0, 0.125, -0.5],
                                "variance": [2.25, 0.5, 1e-3, 4.0, 1.0, 9.0]}, [IMAGES]),
    "normalization_without_spread": ({"type": "Normalization", "mean": [0.5, -1.25], "variance": [0.0, 1.0]}, [(5, 2)]),
}


def layers(golden):
    for case, (layer, shapes) in LAYERS.items():
        inputs = [golden.uniform(case, f"x{i}", shape).requires_grad_() for i, shape in enumerate(shapes)]
        y = made(keras.layers, layer)(inputs[0] if len(inputs) == 1 else inputs)
        dy = golden.uniform(case, "dy", y.shape)
        slopes = gradients(y, dy, inputs)
        golden.add(case, {"op": "layer", "layer": layer}, y=y, dy=dy, **{f"x{i}": x for i, x in enumerate(inputs)},
                   **{f"dx{i}": dx for i, dx in enumerate(slopes)})


def measured_normalization(golden):
    """Keras's adapt: mean and variance of each channel over all examples it is shown."""
    case = "normalization_adapted"
    shown = golden.uniform(case, "shown", (23, 5, 4, 3), -2.0, 3.0) * torch.tensor([1.0, 0.25, 4.0], dtype=torch.float64)
    x = golden.uniform(case, "x", (2, 5, 4, 3))
    layer = keras.layers.Normalization()
    layer.adapt(shown.numpy())
    # Keras measures in float32; these are what it means, by PyTorch.
    variance, mean = torch.var_mean(shown, (0, 1, 2), unbiased=False)
    torch.testing.assert_close(torch.as_tensor(layer.mean).reshape(-1).double().cpu(), mean, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(torch.as_tensor(layer.variance).reshape(-1).double().cpu(), variance, rtol=1e-5, atol=1e-6)
    y = (x - mean) / torch.sqrt(variance)
    golden.add(case, {"op": "adapt"}, shown=shown, x=x, mean=mean, variance=variance, y=y)


def divergence(golden):
    """The penalty of a variational code: torch.distributions' divergence of N(μ, σ²) from N(0, 1), of the log variance."""
    for case, weight in (("divergence", 1.0), ("divergence_weighed", 0.125)):
        mean = golden.uniform(case, "mean", (7, 3), -2.0, 2.0).requires_grad_()
        log_variance = golden.uniform(case, "log_variance", (7, 3), -3.0, 2.0).requires_grad_()
        code = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
        standard = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
        penalty = weight * torch.distributions.kl_divergence(code, standard).sum(-1).mean()
        dmean, dlog_variance = gradients(penalty, torch.ones((), dtype=torch.float64), (mean, log_variance))
        golden.add(case, {"op": "divergence", "kl_weight": weight}, mean=mean, log_variance=log_variance, penalty=penalty,
                   dmean=dmean, dlog_variance=dlog_variance)


def main():
    golden = Golden("layers", packages=VERSIONS)
    layers(golden)
    measured_normalization(golden)
    divergence(golden)
    golden.write()


if __name__ == "__main__":
    main()
