"""Goldens of constraints: what Keras makes of a weight.

A case's `constraint` is what a recipe says for it; its arguments are Keras's.
"""
import torch

from common import Golden
from keras_float64 import VERSIONS, keras, made

KERNEL, MATRIX = (3, 2, 5, 4), (6, 5)
CASES = {
    "max_norm": (MATRIX, {"type": "MaxNorm"}),
    "max_norm_low": (MATRIX, {"type": "MaxNorm", "max_value": 0.75}),
    "max_norm_rows": (MATRIX, {"type": "MaxNorm", "max_value": 1.25, "axis": [1]}),
    "max_norm_filters": (KERNEL, {"type": "MaxNorm", "max_value": 2.5, "axis": [0, 1, 2]}),
    "max_norm_window": (KERNEL, {"type": "MaxNorm", "max_value": 1.5, "axis": [0, 1]}),
    "non_neg": (KERNEL, {"type": "NonNeg"}),
    "unit_norm": (MATRIX, {"type": "UnitNorm"}),
    "unit_norm_last": (MATRIX, {"type": "UnitNorm", "axis": [-1]}),
    "unit_norm_filters": (KERNEL, {"type": "UnitNorm", "axis": [0, 1, 2]}),
    "min_max_norm": (MATRIX, {"type": "MinMaxNorm"}),
    "min_max_norm_range": (MATRIX, {"type": "MinMaxNorm", "min_value": 1.3, "max_value": 1.6}),
    "min_max_norm_slow": (MATRIX, {"type": "MinMaxNorm", "min_value": 1.3, "max_value": 1.6, "rate": 0.25, "axis": [1]}),
    "min_max_norm_filters": (KERNEL, {"type": "MinMaxNorm", "min_value": 0.5, "max_value": 2.0, "rate": 0.75,
                                      "axis": [0, 1, 2]}),
}


def main():
    golden = Golden("constraints", packages=VERSIONS)
    for case, (shape, constraint) in CASES.items():
        weight = golden.uniform(case, "weight", shape)
        if len(shape) == 2:
            weight[:, 2] = 0.0  # a unit that nothing leads to
        held = made(keras.constraints, constraint)(weight)
        assert bool(torch.isfinite(held).all())
        golden.add(case, {"op": constraint["type"], "constraint": constraint}, weight=weight, held=held)
    golden.write()


if __name__ == "__main__":
    main()
