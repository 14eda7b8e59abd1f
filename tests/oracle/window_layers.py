"""Goldens of layers with windows, of one to three directions: result, and the gradients of the input and every weight.

A case's `layer` is the layer as recipes write it, with arguments that are not the defaults. The gradients are those of
Σ y·dy + the layer's penalties: on weights whole, on the result divided by the number of examples.
"""
import math

import torch
import torch.nn.functional as F

import geometry
import pooling
from common import Golden, gradients

CONVOLUTION = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}

L1L2 = {"type": "L1L2", "l1": 0.03, "l2": 0.2}
STANDARD = {"weight_standardization": True, "weight_standardization_epsilon": 0.01}

# name: shape of the input, the layer
CASES = {
    "dense": ((3, 7), {"type": "Dense", "units": 5, "activation": "tanh", "kernel_regularizer": L1L2, "activity_regularizer": L1L2} | STANDARD),
    "dense_on_images": ((2, 4, 5, 7), {"type": "Dense", "units": 6, "use_bias": False, "weight_standardization": True}),

    "conv1d": ((2, 13, 4), {"type": "Conv1D", "filters": 6, "kernel_size": 3, "strides": 2, "padding": [[1, 2]], "groups": 2, "activation": "sigmoid",
                            "activity_regularizer": {"type": "L1", "l1": 0.3}}),
    "conv1d_causal": ((2, 9, 3), {"type": "Conv1D", "filters": 5, "kernel_size": 4, "padding": "causal", "dilation_rate": 2, "bias_regularizer": L1L2}),
    "conv2d": ((1, 9, 6, 10), {"type": "Conv2D", "filters": 8, "kernel_size": [3, 2], "strides": [2, 1], "padding": 1, "groups": 2, "activation": "tanh",
                               "kernel_regularizer": L1L2} | STANDARD),
    "conv2d_numbers": ((1, 7, 8, 3), {"type": "Conv2D", "filters": 5, "kernel_size": [4, 2], "padding": [[1, 2], [0, 3]], "dilation_rate": [2, 1], "use_bias": False}),
    "conv3d": ((1, 3, 7, 16, 4), {"type": "Conv3D", "filters": 7, "kernel_size": [2, 3, 1], "strides": [1, 2, 3], "padding": "same", "activation": "tanh",
                                 "activity_regularizer": L1L2}),
    "conv3d_numbers": ((1, 4, 5, 6, 3), {"type": "Conv3D", "filters": 8, "kernel_size": [2, 4, 5], "padding": [[0, 1], [2, 1], [1, 3]], "weight_standardization": True}),

    "conv1d_transpose": ((2, 5, 3), {"type": "Conv1DTranspose", "filters": 4, "kernel_size": 5, "strides": 3, "activation": "tanh", "activity_regularizer": L1L2} | STANDARD),
    "conv1d_transpose_wide_stride": ((2, 5, 3), {"type": "Conv1DTranspose", "filters": 4, "kernel_size": 2, "strides": 4}),
    "conv1d_transpose_padded_end": ((2, 5, 3), {"type": "Conv1DTranspose", "filters": 4, "kernel_size": 2, "strides": 3, "output_padding": 2}),
    "conv2d_transpose_same": ((1, 4, 3, 5), {"type": "Conv2DTranspose", "filters": 7, "kernel_size": [3, 4], "strides": [2, 3], "padding": "same", "use_bias": False}),
    "conv2d_transpose_same_padded_end": ((1, 4, 3, 5), {"type": "Conv2DTranspose", "filters": 6, "kernel_size": [3, 4], "strides": [2, 3], "padding": "same",
                                                       "output_padding": [0, 2], "kernel_regularizer": L1L2}),
    "conv2d_transpose_numbers": ((1, 6, 5, 3), {"type": "Conv2DTranspose", "filters": 7, "kernel_size": [4, 5], "strides": [2, 3], "padding": [[1, 1], [2, 2]],
                                                "output_padding": [1, 2], "activation": "sigmoid"} | STANDARD),
    "conv2d_transpose_uneven": ((1, 5, 4, 6), {"type": "Conv2DTranspose", "filters": 7, "kernel_size": [3, 2], "strides": [2, 1], "padding": [[0, 2], [1, 0]]}),
    "conv2d_transpose_dilated": ((2, 4, 7, 6), {"type": "Conv2DTranspose", "filters": 5, "kernel_size": [3, 2], "dilation_rate": [2, 3]}),
    "conv2d_transpose_dilated_same": ((2, 4, 5, 3), {"type": "Conv2DTranspose", "filters": 7, "kernel_size": [4, 2], "dilation_rate": 2, "padding": "same"}),
    "conv3d_transpose": ((1, 2, 7, 3, 6), {"type": "Conv3DTranspose", "filters": 5, "kernel_size": [3, 2, 4], "strides": [2, 1, 3], "padding": "same"}),
    "conv3d_transpose_numbers": ((1, 3, 4, 5, 7), {"type": "Conv3DTranspose", "filters": 5, "kernel_size": [4, 3, 2], "strides": [1, 2, 2], "padding": [[1, 1], [0, 0], [1, 1]],
                                                   "output_padding": [0, 1, 0]}),

    "depthwise_conv1d": ((2, 11, 4), {"type": "DepthwiseConv1D", "kernel_size": 3, "strides": 2, "padding": [[2, 1]], "depth_multiplier": 2, "activation": "tanh",
                                      "depthwise_regularizer": L1L2} | STANDARD),
    "depthwise_conv2d": ((2, 7, 9, 4), {"type": "DepthwiseConv2D", "kernel_size": [3, 5], "padding": "same", "depth_multiplier": 2, "dilation_rate": [2, 1],
                                        "activity_regularizer": L1L2}),
    "depthwise_conv2d_plain": ((3, 12, 7, 5), {"type": "DepthwiseConv2D", "kernel_size": [2, 4], "strides": [2, 1], "padding": 1, "use_bias": False,
                                              "weight_standardization": True}),
    "separable_conv1d": ((2, 12, 4), {"type": "SeparableConv1D", "filters": 7, "kernel_size": 3, "strides": 2, "padding": "causal", "depth_multiplier": 2,
                                      "activation": "sigmoid", "pointwise_regularizer": L1L2} | STANDARD),
    "separable_conv2d": ((2, 8, 7, 4), {"type": "SeparableConv2D", "filters": 6, "kernel_size": [5, 2], "padding": [[1, 0], [0, 2]], "dilation_rate": [1, 2],
                                        "depth_multiplier": 3, "depthwise_regularizer": L1L2, "activity_regularizer": L1L2}),
    "spatially_separable_conv2d": ((2, 9, 11, 4), {"type": "SpatiallySeparableConv2D", "filters": 7, "kernel_size": [3, 5], "strides": [1, 2], "padding": "same",
                                                   "middle_filters": 6, "activation": "tanh", "kernel_regularizer": L1L2} | STANDARD),
    "spatially_separable_conv2d_numbers": ((2, 7, 10, 4), {"type": "SpatiallySeparableConv2D", "filters": 5, "kernel_size": [3, 2], "middle_filters": 6, "padding": [[2, 1], [0, 1]],
                                                           "dilation_rate": [2, 3], "activity_regularizer": L1L2}),

    "max_pool1d": ((2, 11, 3), {"type": "MaxPool1D", "pool_size": 4, "strides": 3, "padding": [[1, 2]]}),
    "max_pool2d": ((2, 9, 8, 3), {"type": "MaxPool2D", "pool_size": [3, 2], "strides": [2, 1], "padding": 1}),
    "max_pool3d": ((1, 5, 7, 11, 3), {"type": "MaxPool3D", "pool_size": [2, 3, 2], "strides": [1, 2, 2], "padding": "same"}),
    "average_pool1d": ((2, 11, 3), {"type": "AveragePool1D", "pool_size": 4, "strides": 2, "padding": "same"}),
    "average_pool1d_with_padding": ((2, 11, 3), {"type": "AveragePool1D", "pool_size": 5, "strides": 2, "padding": 2, "count_include_pad": True}),
    "average_pool2d_with_padding": ((2, 9, 8, 3), {"type": "AveragePool2D", "pool_size": [3, 4], "strides": [1, 2], "padding": [[1, 1], [2, 2]], "count_include_pad": True}),
    "average_pool3d": ((1, 5, 7, 8, 6), {"type": "AveragePool3D", "pool_size": [2, 3, 4], "strides": [2, 1, 2], "padding": [[1, 0], [0, 2], [1, 1]]}),
    "global_average_pooling1d": ((2, 7, 3), {"type": "GlobalAveragePooling1D"}),
    "global_average_pooling2d": ((2, 7, 5, 3), {"type": "GlobalAveragePooling2D", "keepdims": True}),
    "global_average_pooling3d": ((2, 4, 7, 5, 3), {"type": "GlobalAveragePooling3D"}),
    "global_max_pooling1d": ((2, 7, 3), {"type": "GlobalMaxPooling1D", "keepdims": True}),
    "global_max_pooling2d": ((2, 7, 5, 3), {"type": "GlobalMaxPooling2D"}),
    "global_max_pooling3d": ((2, 4, 7, 5, 3), {"type": "GlobalMaxPooling3D", "keepdims": True}),

    "up_sampling1d": ((2, 5, 3), {"type": "UpSampling1D", "size": 3}),
    "up_sampling2d": ((1, 4, 5, 3), {"type": "UpSampling2D", "size": [2, 3]}),
    "up_sampling3d": ((1, 2, 4, 3, 5), {"type": "UpSampling3D", "size": [3, 1, 4]}),
    "zero_padding1d": ((2, 5, 3), {"type": "ZeroPadding1D", "padding": [1, 3]}),
    "zero_padding2d": ((2, 5, 4, 3), {"type": "ZeroPadding2D", "padding": [1, 2]}),
    "zero_padding2d_uneven": ((2, 5, 4, 3), {"type": "ZeroPadding2D", "padding": [[2, 0], [1, 3]]}),
    "zero_padding3d": ((1, 3, 2, 4, 5), {"type": "ZeroPadding3D", "padding": [[0, 3], [1, 0], [2, 1]]}),
    "cropping1d": ((2, 9, 3), {"type": "Cropping1D", "cropping": [2, 3]}),
    "cropping2d": ((2, 9, 12, 3), {"type": "Cropping2D", "cropping": [[2, 0], [1, 3]]}),
    "cropping3d": ((1, 4, 8, 11, 3), {"type": "Cropping3D", "cropping": [1, 2, 3]}),

    "local_response_normalization": ((2, 3, 5, 7), {"type": "LocalResponseNormalization", "size": 3, "alpha": 0.4, "beta": 0.6, "bias": 1.5}),
    "local_response_normalization_wide": ((2, 5, 4), {"type": "LocalResponseNormalization", "size": 7, "alpha": 0.7}),
}


def each(argument, directions):
    """One number for each direction."""
    return list(argument) if isinstance(argument, list) else [argument] * directions


def ends(argument, directions):
    """[(before, after)] of margins: 1, [1, 2] or [[1, 2], [0, 1]]; of a sequence [1, 2] is (before, after)."""
    if directions == 1 and isinstance(argument, list) and not isinstance(argument[0], list):
        return [tuple(argument)]
    return [tuple(one) if isinstance(one, list) else (one, one) for one in each(argument, directions)]


def pads(layer, x, window, strides, dilation):
    """[(before, after)] that a layer's padding comes to."""
    padding, directions = layer.get("padding", "valid"), len(window)
    if padding == "causal":
        return [((window[0] - 1) * dilation[0], 0)]
    if isinstance(padding, int):
        return [(padding, padding)] * directions
    return geometry.padding_of(padding, x.shape[1:-1], window, strides, dilation)


def geometry_of(layer, x, window="kernel_size"):
    """(window, strides, dilation, pads), a number or pair for each direction."""
    directions = x.dim() - 2
    size = each(layer[window], directions)
    strides = each(layer.get("strides", 1 if window == "kernel_size" else size), directions)
    dilation = each(layer.get("dilation_rate", 1), directions)
    return size, strides, dilation, pads(layer, x, size, strides, dilation)


def standardized(layer, kernel, map_axis=-1):
    """The kernel with mean 0 and variance 1 of what leads to each map of the result."""
    if not layer.get("weight_standardization"):
        return kernel
    axes = [axis for axis in range(kernel.dim()) if axis != map_axis % kernel.dim()]
    variance, mean = torch.var_mean(kernel, axes, unbiased=False, keepdim=True)
    return (kernel - mean) / torch.sqrt(variance + layer.get("weight_standardization_epsilon", 1e-5))


def convolve(x, kernel, strides, dilation, padding, groups=1):
    padded = geometry.pad(geometry.channels_first(x), padding)
    y = CONVOLUTION[len(strides)](padded, geometry.torch_kernel(kernel), None, strides, 0, dilation, groups)
    return geometry.channels_last(y)


def finish(layer, y, weights):
    if layer.get("use_bias", True):
        y = y + weights["bias"]
    return {"linear": lambda v: v, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[layer.get("activation", "linear")](y)


def dense(layer, x, w):
    return finish(layer, x @ standardized(layer, w["kernel"]), w)


def conv(layer, x, w):
    _, strides, dilation, padding = geometry_of(layer, x)
    return finish(layer, convolve(x, standardized(layer, w["kernel"]), strides, dilation, padding, layer.get("groups", 1)), w)


def transposed_cut(layer, direction, window, stride):
    """(cells cut off the start, size added to (n − 1)·stride): with `same` and `valid` as Keras's
    _convert_conv_transpose_padding_args_from_keras_to_jax has it, with numbers as PyTorch."""
    padding, added = layer.get("padding", "valid"), layer.get("output_padding")
    added = None if added is None else each(added, direction + 1)[direction] if isinstance(added, list) else added
    if padding == "valid":
        return 0, max(window, stride) if added is None else window + added
    if padding == "same":
        length = stride + window - 2 if added is None else window + window % 2 - 2 + added
        left = min(math.ceil(length / 2), window - 1)
        return window - 1 - left, stride if added is None else window % 2 + added
    before, after = (padding, padding) if isinstance(padding, int) else padding[direction]
    return before, window - before - after + (added or 0)


def conv_transpose(layer, x, w):
    directions = x.dim() - 2
    window, strides, dilation = (each(layer.get(key, 1), directions) for key in ("kernel_size", "strides", "dilation_rate"))
    kernel = standardized(layer, w["kernel"], map_axis=-2)
    inputs, torch_kernel = geometry.channels_first(x), kernel.movedim((-1, -2), (0, 1)).contiguous()
    whole = TRANSPOSED[directions](inputs, torch_kernel, None, strides, 0, 0, 1, dilation)
    y = geometry.channels_last(whole)
    for i in range(directions):
        extent = (window[i] - 1) * dilation[i] + 1
        first, beyond = transposed_cut(layer, i, extent, strides[i])
        size = (x.shape[i + 1] - 1) * strides[i] + beyond
        rest = max(first + size - y.shape[i + 1], 0)  # beyond what any number reaches: zeros
        y = F.pad(y, [0, 0] * (directions - i) + [0, rest]).narrow(i + 1, first, size)
    padding, added = layer.get("padding"), layer.get("output_padding", 0)
    if isinstance(padding, list) and all(before == after for before, after in padding):
        theirs = TRANSPOSED[directions](inputs, torch_kernel, None, strides, [before for before, _ in padding], added, 1, dilation)
        assert torch.allclose(geometry.channels_last(theirs), y, rtol=1e-13, atol=1e-14)
    return finish(layer, y, w)


def depthwise(layer, x, kernel):
    """The channels of the result are ordered by channel of x, then by multiple."""
    _, strides, dilation, padding = geometry_of(layer, x)
    channels, multiplier = kernel.shape[-2:]
    flat = kernel.reshape(*kernel.shape[:-2], 1, channels * multiplier)
    return convolve(x, standardized(layer, flat), strides, dilation, padding, channels)


def depthwise_conv(layer, x, w):
    return finish(layer, depthwise(layer, x, w["kernel"]), w)


def separable_conv(layer, x, w):
    deep, kernel = depthwise(layer, x, w["depthwise_kernel"]), standardized(layer, w["pointwise_kernel"])
    return finish(layer, deep @ kernel.reshape(kernel.shape[-2:]), w)


def spatially_separable_conv(layer, x, w):
    _, strides, dilation, padding = geometry_of(layer, x)
    middle = convolve(x, standardized(layer, w["column_kernel"]), [strides[0], 1], [dilation[0], 1], [padding[0], (0, 0)])
    y = convolve(middle, standardized(layer, w["row_kernel"]), [1, strides[1]], [1, dilation[1]], [(0, 0), padding[1]])
    return finish(layer, y, w)


def max_pool(layer, x, _):
    window, strides, _, padding = geometry_of(layer, x, "pool_size")
    return pooling.max_pool(x, window, strides, padding)


def average_pool(layer, x, _):
    window, strides, _, padding = geometry_of(layer, x, "pool_size")
    if not layer.get("count_include_pad"):
        return pooling.average_pool(x, window, strides, padding)
    y = AVERAGE[len(window)](geometry.channels_first(x), window, strides, [before for before, _ in padding], count_include_pad=True)
    return geometry.channels_last(y)


def global_pooling(layer, x, _):
    axes = list(range(1, x.dim() - 1))
    reduce = torch.mean if "Average" in layer["type"] else torch.amax
    return reduce(x, axes, keepdim=layer.get("keepdims", False))


def up_sampling(layer, x, _):
    for axis, times in enumerate(each(layer["size"], x.dim() - 2), 1):
        x = x.repeat_interleave(times, axis)
    return x


def zero_padding(layer, x, _):
    return geometry.channels_last(geometry.pad(geometry.channels_first(x), ends(layer["padding"], x.dim() - 2)))


def cropping(layer, x, _):
    for axis, (before, after) in enumerate(ends(layer["cropping"], x.dim() - 2), 1):
        x = x.narrow(axis, before, x.shape[axis] - before - after)
    return x


def local_response_normalization(layer, x, _):
    size = layer.get("size", 5)
    y = F.local_response_norm(geometry.channels_first(x), size, size * layer.get("alpha", 1e-4), layer.get("beta", 0.75), layer.get("bias", 2.0))
    return geometry.channels_last(y)


FUNCTIONS = {"Dense": dense, "Conv": conv, "ConvTranspose": conv_transpose, "DepthwiseConv": depthwise_conv, "SeparableConv": separable_conv,
             "SpatiallySeparableConv": spatially_separable_conv, "MaxPool": max_pool, "AveragePool": average_pool, "GlobalAveragePooling": global_pooling,
             "GlobalMaxPooling": global_pooling, "UpSampling": up_sampling, "ZeroPadding": zero_padding, "Cropping": cropping,
             "LocalResponseNormalization": local_response_normalization}


def family(layer):
    for directions in ("1D", "2D", "3D"):
        layer = layer.replace(directions, "")
    return layer


def kernel_shapes(layer, x):
    kind, channels, filters = family(layer["type"]), x[-1], layer.get("filters")
    if kind == "Dense":
        return {"kernel": (channels, layer["units"])}
    if "kernel_size" not in layer:
        return {}
    window, deep = each(layer["kernel_size"], len(x) - 2), channels * layer.get("depth_multiplier", 1)
    if kind == "Conv":
        return {"kernel": (*window, channels // layer.get("groups", 1), filters)}
    if kind == "ConvTranspose":
        return {"kernel": (*window, filters, channels)}
    if kind == "DepthwiseConv":
        return {"kernel": (*window, channels, deep // channels)}
    if kind == "SeparableConv":
        return {"depthwise_kernel": (*window, channels, deep // channels), "pointwise_kernel": (*[1] * len(window), deep, filters)}
    middle = layer.get("middle_filters", filters)
    return {"column_kernel": (window[0], 1, channels, middle), "row_kernel": (1, window[1], middle, filters)}


def weight_shapes(layer, x):
    """The layer's weights, as Keras names and shapes them."""
    shapes = kernel_shapes(layer, x)
    if shapes and layer.get("use_bias", True):
        maps = layer.get("units") or layer.get("filters") or math.prod(shapes["kernel"][-2:])
        shapes["bias"] = (maps,)
    return shapes


def penalty(regularizer, values):
    return regularizer.get("l1", 0) * values.abs().sum() + regularizer.get("l2", 0) * values.square().sum()


def penalties(layer, y, weights):
    """What the layer adds to the loss."""
    total = torch.zeros((), dtype=torch.float64)
    for argument, regularizer in layer.items():
        if not argument.endswith("_regularizer"):
            continue
        of = argument.removesuffix("_regularizer")
        if of == "activity":
            total = total + penalty(regularizer, y) / y.shape[0]
        elif of == "kernel":
            total = total + sum(penalty(regularizer, w) for name, w in weights.items() if name.endswith("kernel"))
        elif of == "depthwise":
            total = total + penalty(regularizer, weights.get("depthwise_kernel", weights.get("kernel")))
        else:
            total = total + penalty(regularizer, weights[{"pointwise": "pointwise_kernel"}.get(of, of)])
    return total


def main():
    golden = Golden("window_layers")
    for name, (shape, layer) in CASES.items():
        x = golden.uniform(name, "x", shape).requires_grad_()
        weights = {of: golden.uniform(name, of, size).requires_grad_() for of, size in weight_shapes(layer, shape).items()}
        y = FUNCTIONS[family(layer["type"])](layer, x, weights)
        dy = golden.uniform(name, "dy", y.shape)
        loss = (y * dy).sum() + penalties(layer, y, weights)
        slopes = gradients(loss, None, (x, *weights.values()))
        golden.add(name, {"layer": layer, "weights": list(weights)}, x=x, dy=dy, y=y, loss=loss, dx=slopes[0], **weights,
                   **{f"d{of}": slope for of, slope in zip(weights, slopes[1:])})
    golden.write()


if __name__ == "__main__":
    main()
