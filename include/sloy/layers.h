/// Layers: what models are made of. Names, arguments and defaults are Keras's; where Keras has no
/// such layer or argument, the text says so.
///
/// Shapes are those of the inputs, then of the result, with the batch first. A kernel's last axis
/// counts the results.
///
/// Every layer has a `name`, which must be unique in its model. By default it is the type's in
/// small letters, with a number from the second on: conv2d, conv2d_1, ….
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
/// Where only defaults are wanted, the name alone will do: `kernel_initializer = "HeNormal"`.
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
#include <sloy/layers/whitening.h>
