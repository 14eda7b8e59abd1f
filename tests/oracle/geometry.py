"""Padding and the way between our axes and PyTorch's, for convolution and pooling."""
import torch.nn.functional as F


def padding_of(padding, size, window, strides, dilation):
    """[(before, after)] for each spatial axis. `padding` is 'valid', 'same' (Keras's: the output has
    ceil(size / stride) places and the odd zero goes after) or explicit pairs."""
    if padding == "valid":
        return [(0, 0)] * len(window)
    if padding != "same":
        return [tuple(pair) for pair in padding]
    pairs = []
    for n, k, s, d in zip(size, window, strides, dilation):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        pairs.append((total // 2, total - total // 2))
    return pairs


def channels_first(x):
    return x.movedim(-1, 1)


def channels_last(x):
    return x.movedim(1, -1)


def torch_kernel(kernel):
    """(spatial…, in/groups, out) to PyTorch's (out, in/groups, spatial…)."""
    return kernel.movedim((-1, -2), (0, 1)).contiguous()


def pad(x, pairs, value=0.0):
    """Pads the spatial axes of a channels-first tensor."""
    flat = [amount for pair in reversed(pairs) for amount in pair]
    return F.pad(x, flat, value=value)
