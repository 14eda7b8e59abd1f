"""Keras on PyTorch in float64. Import this before keras."""
import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
from keras.src.backend.common import dtypes

keras.backend.set_floatx("float64")
# Where Keras looks for the type of a result (of every mean) it takes float32 for float64 on all backends but TensorFlow.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
VERSIONS = {"keras": keras.__version__}


def made(module, described):
    """What a recipe's { type = …, arguments… } says, of a module of Keras; None stays."""
    if described is None:
        return None
    if isinstance(described, str):
        return getattr(module, described)()
    arguments = {key: value for key, value in described.items() if key != "type"}
    return getattr(module, described["type"])(**arguments)
