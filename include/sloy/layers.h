/// Layers: what models are made of. Names, arguments and defaults are Keras's.
///
/// Every layer has a `name`, which must be unique in its model; left out, it is the type's with a
/// number: conv2d, conv2d_1, ….
///
/// What doesn't fit is refused when the layer is called, before anything runs: an argument by a
/// ConfigError, an input's shape by a ShapeError.
///
/// In a recipe each layer is a table with these arguments; those left out have their defaults:
///
///     [[model.layer]]
///     type = "Dense"
///     units = 64
///     activation = "relu"
///     kernel_initializer = { type = "TruncatedNormal", stddev = 0.01 }
///     kernel_regularizer = { type = "L2", l2 = 1e-4 }
///
/// Where nothing but defaults is wanted the name will do: `kernel_initializer = "HeNormal"`.
#pragma once

#include <sloy/layers/activation.h>
#include <sloy/layers/convolution.h>
#include <sloy/layers/core.h>
#include <sloy/layers/merging.h>
#include <sloy/layers/normalization.h>
#include <sloy/layers/pooling.h>
#include <sloy/layers/regularization.h>
#include <sloy/layers/reshaping.h>
#include <sloy/layers/variational.h>
