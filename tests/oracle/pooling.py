"""Goldens of max, average and global pooling: output and input gradient.

Max pooling gives the gradient to the first of equal values in row-major order of the window; padding never wins.
Average pooling divides by the number of places of the window that lie inside the input.
"""
import torch
import torch.nn.functional as F

import geometry
from common import Golden, gradients

# name: input (batch, height, width, channels), and what differs from a 2×2 window that strides by itself
CASES = {
    "valid": ((2, 8, 6, 5), {}),
    "valid_drops_the_rest": ((2, 9, 7, 5), {}),
    "same": ((2, 9, 7, 6), {"padding": "same"}),
    "overlapping": ((2, 9, 8, 5), {"window": [3, 2], "strides": [2, 1]}),
    "overlapping_same": ((2, 7, 10, 3), {"window": [3, 4], "strides": [2, 2], "padding": "same"}),
    "stride_1_same": ((2, 7, 6, 5), {"window": [3, 2], "strides": [1, 1], "padding": "same"}),
    "stride_over_window": ((2, 13, 11, 5), {"window": [2, 1], "strides": [4, 3]}),
    "explicit": ((2, 7, 8, 5), {"window": [3, 4], "strides": [2, 2], "padding": [[1, 0], [2, 1]]}),
    "window_1x3": ((2, 5, 9, 4), {"window": [1, 3], "strides": [1, 3]}),
    "window_is_input": ((3, 5, 4, 7), {"window": [5, 4], "strides": [5, 4]}),
    "batch_1": ((1, 6, 8, 5), {}),
    "one_channel": ((2, 8, 6, 1), {}),
}


def windows(x, window, strides, pairs, filler):
    """(batch, channels, places…, window) of a channels-last x."""
    padded = geometry.pad(geometry.channels_first(x), pairs, filler)
    for axis, (size, stride) in enumerate(zip(window, strides)):
        padded = padded.unfold(2 + axis, size, stride)
    return padded.flatten(2 + len(window))


def max_pool(x, window, strides, pairs):
    """torch.max along an axis names one of several equal values and doesn't say which: the first is asked for here."""
    cells = windows(x, window, strides, pairs, -torch.inf)
    highest = cells.detach().amax(-1, keepdim=True)
    places = torch.arange(cells.shape[-1]).expand_as(cells)
    first = torch.where(cells.detach() == highest, places, cells.shape[-1]).amin(-1, keepdim=True)
    return geometry.channels_last(cells.gather(-1, first).squeeze(-1))


def average_pool(x, window, strides, pairs):
    inside = windows(torch.ones_like(x), window, strides, pairs, 0.0).sum(-1)
    return geometry.channels_last(windows(x, window, strides, pairs, 0.0).sum(-1) / inside)


def check_against_torch(x, y, ours, window, strides, pairs):
    """PyTorch's own pooling knows symmetric padding of at most half a window."""
    if any(before != after or before > size // 2 for (before, after), size in zip(pairs, window)):
        return
    pads = [before for before, _ in pairs]
    inputs = geometry.channels_first(x.detach())
    theirs = (F.max_pool2d(inputs, window, strides, pads) if ours is max_pool
              else F.avg_pool2d(inputs, window, strides, pads, count_include_pad=False))
    assert torch.allclose(geometry.channels_last(theirs), y, rtol=1e-14, atol=0)


def main():
    golden = Golden("pooling")
    for op, pool in {"max_pool": max_pool, "average_pool": average_pool}.items():
        for name, (shape, changes) in CASES.items():
            options = {"window": [2, 2], "padding": "valid"} | changes
            options = {"strides": options["window"]} | options
            case = f"{op}_{name}"
            x = golden.uniform(case, "x", shape).requires_grad_()
            pairs = geometry.padding_of(options["padding"], shape[1:-1], options["window"], options["strides"], [1, 1])
            y = pool(x, options["window"], options["strides"], pairs)
            check_against_torch(x, y, pool, options["window"], options["strides"], pairs)
            dy = golden.uniform(case, "dy", y.shape)
            (dx,) = gradients(y, dy, x)
            golden.add(case, {"op": op, "pads": pairs} | options, x=x, y=y, dy=dy, dx=dx)

    for name, window, strides in (("ties", [2, 2], [2, 2]), ("ties_overlapping", [3, 2], [1, 1])):
        x = torch.floor(golden.uniform(name, "x", (2, 6, 8, 5), -1.5, 1.5)).requires_grad_()
        y = max_pool(x, window, strides, [(0, 0), (0, 0)])
        dy = golden.uniform(name, "dy", y.shape)
        (dx,) = gradients(y, dy, x)
        golden.add(f"max_pool_{name}", {"op": "max_pool", "window": window, "strides": strides, "padding": "valid",
                                        "pads": [[0, 0], [0, 0]]}, x=x, y=y, dy=dy, dx=dx)

    for op in ("global_average_pool", "global_max_pool"):
        x = golden.uniform(op, "x", (2, 5, 7, 3)).requires_grad_()
        y = x.mean((1, 2)) if op == "global_average_pool" else x.amax((1, 2))
        dy = golden.uniform(op, "dy", y.shape)
        (dx,) = gradients(y, dy, x)
        golden.add(op, {"op": op}, x=x, y=y, dy=dy, dx=dx)
    golden.write()


if __name__ == "__main__":
    main()
