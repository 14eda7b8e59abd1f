"""Goldens of convolution in one, two and three dimensions: output and the gradients of input, kernel and bias."""
import torch.nn.functional as F

import geometry
from common import Golden, gradients

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}

# name: input (batch, spatial…, channels), kernel's window, filters, and what differs from the defaults
CASES = {
    "valid": ((2, 9, 7, 5), (3, 2), 4, {}),
    "same": ((2, 7, 6, 5), (3, 2), 4, {"padding": "same"}),
    "same_even_window": ((2, 9, 7, 3), (4, 2), 5, {"padding": "same"}),
    "explicit": ((2, 6, 8, 5), (3, 2), 4, {"padding": [[1, 2], [0, 1]]}),
    "explicit_one_side": ((2, 6, 7, 5), (3, 2), 4, {"padding": [[2, 0], [0, 1]]}),
    "explicit_wider_than_window": ((1, 4, 7, 5), (3, 2), 6, {"padding": [[3, 4], [2, 3]]}),
    "stride_2": ((2, 9, 13, 5), (3, 2), 7, {"strides": [2, 2]}),
    "stride_3": ((1, 10, 13, 5), (4, 2), 6, {"strides": [3, 3]}),
    "stride_2_same": ((2, 9, 13, 5), (3, 2), 4, {"strides": [2, 2], "padding": "same"}),
    "stride_2_same_even": ((1, 8, 12, 2), (3, 5), 11, {"strides": [2, 2], "padding": "same"}),
    "stride_1x2": ((2, 6, 11, 5), (3, 2), 7, {"strides": [1, 2]}),
    "stride_3x2_same": ((2, 7, 9, 3), (2, 4), 6, {"strides": [3, 2], "padding": "same"}),
    "stride_skips_rows": ((1, 13, 11, 3), (2, 1), 5, {"strides": [4, 6]}),
    "stride_drops_the_rest": ((1, 9, 13, 4), (3, 2), 5, {"strides": [4, 5]}),
    "dilation_2": ((2, 9, 8, 5), (3, 2), 4, {"dilation": [2, 2]}),
    "dilation_3x2_same": ((2, 9, 7, 3), (2, 4), 5, {"dilation": [3, 2], "padding": "same"}),
    "dilation_and_stride": ((1, 11, 13, 5), (3, 2), 6, {"dilation": [2, 3], "strides": [2, 3], "padding": [[1, 0], [2, 1]]}),
    "groups_2": ((2, 9, 5, 8), (3, 2), 6, {"groups": 2}),
    "groups_3_same_stride_2": ((2, 8, 5, 12), (3, 2), 6, {"groups": 3, "padding": "same", "strides": [2, 2]}),
    "depthwise": ((3, 7, 6, 5), (3, 2), 5, {"groups": 5, "padding": "same"}),
    "depthwise_multiplier_2": ((2, 6, 9, 5), (3, 2), 10, {"groups": 5}),
    "depthwise_multiplier_3_dilated": ((3, 8, 7, 2), (3, 2), 6, {"groups": 2, "dilation": [2, 1], "padding": "same"}),
    "window_1x1": ((2, 5, 4, 3), (1, 1), 6, {}),
    "window_1x1_stride_2": ((2, 8, 6, 7), (1, 1), 5, {"strides": [2, 2]}),
    "window_1x3": ((2, 5, 7, 4), (1, 3), 6, {"padding": "same"}),
    "window_3x1": ((2, 7, 5, 4), (3, 1), 6, {"padding": "same"}),
    "window_is_input": ((3, 5, 4, 2), (5, 4), 6, {}),
    "batch_1": ((1, 7, 6, 5), (3, 2), 4, {"padding": "same"}),
    "one_channel": ((2, 8, 6, 1), (3, 2), 4, {}),
    "one_filter": ((2, 7, 6, 5), (3, 2), 1, {"padding": "same"}),
    "window_7_stride_2": ((1, 11, 13, 3), (7, 5), 4, {"strides": [2, 2], "padding": [[3, 2], [2, 3]]}),
    "conv1d_same": ((2, 9, 3), (4,), 5, {"padding": "same"}),
    "conv1d_dilated_stride_2": ((3, 13, 4), (3,), 6, {"dilation": [2], "strides": [2], "groups": 2}),
    "conv3d": ((1, 3, 5, 7, 4), (2, 3, 1), 5, {}),
    "conv3d_same_stride": ((1, 7, 5, 6, 2), (3, 4, 1), 8, {"padding": "same", "strides": [2, 1, 3]}),
}


def forward(x, kernel, bias, strides, padding, dilation, groups):
    rank = len(strides)
    pairs = geometry.padding_of(padding, x.shape[1:-1], kernel.shape[:rank], strides, dilation)
    padded = geometry.pad(geometry.channels_first(x), pairs)
    y = CONV[rank](padded, geometry.torch_kernel(kernel), bias, tuple(strides), 0, tuple(dilation), groups)
    return geometry.channels_last(y), pairs


def main():
    golden = Golden("convolution")
    for name, (shape, window, filters, changes) in CASES.items():
        ones = [1] * len(window)
        options = {"strides": ones, "padding": "valid", "dilation": ones, "groups": 1} | changes
        kernel_shape = (*window, shape[-1] // options["groups"], filters)
        x = golden.uniform(name, "x", shape).requires_grad_()
        kernel = golden.uniform(name, "kernel", kernel_shape).requires_grad_()
        bias = golden.uniform(name, "bias", (filters,)).requires_grad_()
        y, pairs = forward(x, kernel, bias, **options)
        dy = golden.uniform(name, "dy", y.shape)
        dx, dkernel, dbias = gradients(y, dy, (x, kernel, bias))
        golden.add(name, options | {"pads": pairs}, x=x, kernel=kernel, bias=bias, y=y, dy=dy, dx=dx,
                   dkernel=dkernel, dbias=dbias)
    golden.write()


if __name__ == "__main__":
    main()
