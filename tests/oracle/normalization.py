"""Goldens of the normalisations. Variances are biased, epsilon stands inside the root.

batch norm           over everything but the last axis; running = momentum·running + (1 − momentum)·batch's
layer norm           over the given axes, per example
group, instance norm over (height, width, maps of the group) per example
weight standardisation  over everything but the last axis of a kernel
"""
import torch
import torch.nn.functional as F

import geometry
from common import Golden, gradients

BATCH_NORM = {
    "dense": ((7, 5), {}),
    "image": ((3, 5, 4, 6), {}),
    "sequence": ((4, 6, 3), {}),
    "video": ((2, 3, 4, 6, 5), {}),
    "one_map": ((3, 5, 4, 1), {}),
    "torch_defaults": ((3, 5, 4, 6), {"epsilon": 1e-5, "momentum": 0.9}),
    "no_scale": ((3, 5, 4, 6), {"scale": False}),
    "no_center": ((3, 5, 4, 6), {"center": False}),
    "far_from_zero": ((7, 4, 3), {"offset": 4096.0}),
}


def batch_norm(golden):
    for name, (shape, changes) in BATCH_NORM.items():
        options = {"epsilon": 1e-3, "momentum": 0.99, "scale": True, "center": True, "offset": 0.0} | changes
        epsilon, momentum = options["epsilon"], options["momentum"]
        case, maps = f"batch_norm_{name}", shape[-1:]
        x = (golden.uniform(case, "x", shape) * golden.uniform(case, "spread", maps, 0.25, 4.0)
             + golden.uniform(case, "middle", maps, -2.0, 2.0) + options["offset"]).requires_grad_()
        gamma = (golden.uniform(case, "gamma", maps, 0.5, 2.0) if options["scale"] else torch.ones(maps, dtype=torch.float64)).requires_grad_()
        beta = (golden.uniform(case, "beta", maps) if options["center"] else torch.zeros(maps, dtype=torch.float64)).requires_grad_()
        dy = golden.uniform(case, "dy", shape)
        y = geometry.channels_last(F.batch_norm(geometry.channels_first(x), None, None, gamma, beta, training=True, eps=epsilon))
        dx, dgamma, dbeta = gradients(y, dy, (x, gamma, beta))

        rows = x.detach().reshape(-1, *maps)
        mean, variance = rows.mean(0), rows.var(0, unbiased=False)
        running_mean = golden.uniform(case, "running_mean", maps)
        running_variance = golden.uniform(case, "running_variance", maps, 0.5, 2.0)
        inference = geometry.channels_last(F.batch_norm(geometry.channels_first(x), running_mean, running_variance, gamma, beta,
                                                        training=False, eps=epsilon))
        (inference_dx,) = gradients(inference, dy, x)
        weights = ({"gamma": gamma, "dgamma": dgamma} if options["scale"] else {}) | ({"beta": beta, "dbeta": dbeta} if options["center"] else {})
        golden.add(case, {"op": "batch_norm"} | options, x=x, y=y, dy=dy, dx=dx, mean=mean, variance=variance,
                   running_mean=running_mean, running_variance=running_variance,
                   new_running_mean=momentum * running_mean + (1 - momentum) * mean,
                   new_running_variance=momentum * running_variance + (1 - momentum) * variance,
                   inference_y=inference, inference_dx=inference_dx, **weights)


def layer_norm(golden):
    for case, shape, axes in (("layer_norm_last_axis", (3, 5, 4, 6), [-1]), ("layer_norm_all_but_batch", (3, 5, 4, 6), [1, 2, 3]),
                              ("layer_norm_dense", (7, 5), [-1])):
        normal_shape = [shape[axis] for axis in axes]
        x = golden.uniform(case, "x", shape, -2.0, 3.0).requires_grad_()
        gamma = golden.uniform(case, "gamma", normal_shape, 0.5, 2.0).requires_grad_()
        beta = golden.uniform(case, "beta", normal_shape).requires_grad_()
        dy = golden.uniform(case, "dy", shape)
        y = F.layer_norm(x, normal_shape, gamma, beta, 1e-3)
        dx, dgamma, dbeta = gradients(y, dy, (x, gamma, beta))
        golden.add(case, {"op": "layer_norm", "axes": axes, "epsilon": 1e-3}, x=x, gamma=gamma, beta=beta, y=y, dy=dy, dx=dx,
                   dgamma=dgamma, dbeta=dbeta)


def group_norm(golden):
    for case, groups in (("group_norm_2", 2), ("group_norm_1", 1), ("instance_norm", 6)):
        shape = (3, 5, 4, 6)
        x = golden.uniform(case, "x", shape, -2.0, 3.0).requires_grad_()
        gamma = golden.uniform(case, "gamma", (6,), 0.5, 2.0).requires_grad_()
        beta = golden.uniform(case, "beta", (6,)).requires_grad_()
        dy = golden.uniform(case, "dy", shape)
        y = geometry.channels_last(F.group_norm(geometry.channels_first(x), groups, gamma, beta, 1e-3))
        dx, dgamma, dbeta = gradients(y, dy, (x, gamma, beta))
        golden.add(case, {"op": "group_norm", "groups": groups, "epsilon": 1e-3}, x=x, gamma=gamma, beta=beta, y=y, dy=dy, dx=dx,
                   dgamma=dgamma, dbeta=dbeta)


def weight_standardization(golden):
    case = "weight_standardization"
    kernel = golden.uniform(case, "kernel", (3, 2, 5, 4)).requires_grad_()
    variance, mean = torch.var_mean(kernel, (0, 1, 2), unbiased=False)
    y = (kernel - mean) / torch.sqrt(variance + 1e-5)
    dy = golden.uniform(case, "dy", kernel.shape)
    (dkernel,) = gradients(y, dy, kernel)
    golden.add(case, {"op": case, "epsilon": 1e-5}, kernel=kernel, y=y, dy=dy, dkernel=dkernel)


def channels_at_axis_1(golden):
    """Where the channels come first, as PyTorch has them."""
    shape, maps = (3, 6, 5, 4), (6,)
    for case, normalised in (("batch_norm_axis_1", lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)),
                             ("group_norm_axis_1", lambda x, gamma, beta: F.group_norm(x, 3, gamma, beta, 1e-3)),
                             ("instance_norm_axis_1", lambda x, gamma, beta: F.instance_norm(x, None, None, gamma, beta, eps=1e-3))):
        x = golden.uniform(case, "x", shape, -2.0, 3.0).requires_grad_()
        gamma = golden.uniform(case, "gamma", maps, 0.5, 2.0).requires_grad_()
        beta = golden.uniform(case, "beta", maps).requires_grad_()
        dy = golden.uniform(case, "dy", shape)
        y = normalised(x, gamma, beta)
        dx, dgamma, dbeta = gradients(y, dy, (x, gamma, beta))
        golden.add(case, {"op": "axis_1", "groups": 3, "epsilon": 1e-3}, x=x, gamma=gamma, beta=beta, y=y, dy=dy, dx=dx,
                   dgamma=dgamma, dbeta=dbeta)


def layer_norm_of_inner_axes(golden):
    """Over axes that are not the last ones; gamma and beta have their sizes."""
    for case, axes in (("layer_norm_rows_columns", [1, 2]), ("layer_norm_rows_maps", [1, 3])):
        shape = (3, 5, 4, 6)
        sizes = [size if axis in axes else 1 for axis, size in enumerate(shape)][1:]
        x = golden.uniform(case, "x", shape, -2.0, 3.0).requires_grad_()
        gamma = golden.uniform(case, "gamma", [shape[axis] for axis in axes], 0.5, 2.0).requires_grad_()
        beta = golden.uniform(case, "beta", [shape[axis] for axis in axes]).requires_grad_()
        variance, mean = torch.var_mean(x, axes, unbiased=False, keepdim=True)
        y = (x - mean) / torch.sqrt(variance + 1e-2) * gamma.reshape(sizes) + beta.reshape(sizes)
        dy = golden.uniform(case, "dy", shape)
        dx, dgamma, dbeta = gradients(y, dy, (x, gamma, beta))
        golden.add(case, {"op": "layer_norm", "axes": axes, "epsilon": 1e-2}, x=x, gamma=gamma, beta=beta, y=y, dy=dy, dx=dx,
                   dgamma=dgamma, dbeta=dbeta)


def unit_norm(golden):
    for case, axes in (("unit_norm_last", [-1]), ("unit_norm_rows", [1]), ("unit_norm_rows_columns", [1, 2])):
        x = golden.uniform(case, "x", (3, 5, 4, 6), -2.0, 3.0).requires_grad_()
        y = x / torch.sqrt(torch.square(x).sum(axes, keepdim=True)) if len(axes) > 1 else F.normalize(x, dim=axes[0])
        dy = golden.uniform(case, "dy", x.shape)
        (dx,) = gradients(y, dy, x)
        golden.add(case, {"op": "unit_norm", "axes": axes}, x=x, y=y, dy=dy, dx=dx)


def running_statistics(golden):
    """After three batches: torch.nn.BatchNorm2d's, whose momentum weighs the new value and whose variance is unbiased, and the
    plain averages that momentum=None gives."""
    for case, momentum in (("running_exponential", 0.3), ("running_average", None)):
        module = torch.nn.BatchNorm2d(6, momentum=momentum, dtype=torch.float64)
        batches = {f"x{i}": golden.uniform(case, f"x{i}", (2 + i, 5, 4, 6) if i != 2 else (7, 5, 4, 6), -2.0, 3.0) for i in range(3)}
        for x in batches.values():
            module(geometry.channels_first(x))
        golden.add(case, {"op": "running", "momentum": momentum or 0.0}, mean=module.running_mean, variance=module.running_var,
                   **batches)


def training_set_statistics(golden):
    """Two batch norms whose statistics are those of all examples: each one's of what it is fed in inference, the one before it
    having its own by then. PyTorch computes them in one pass; n / (n − 1) of the variance is torch.var's default."""
    for case, unbiased in (("training_set", False), ("training_set_unbiased", True)):
        x = golden.uniform(case, "x", (23, 5), -2.0, 3.0)
        y, tensors = x, {"x": x}
        for layer, (into, out) in (("first", (5, 4)), ("second", (4, 3))):
            kernel, bias = golden.uniform(case, f"{layer}_kernel", (into, out)), golden.uniform(case, f"{layer}_bias", (out,))
            gamma, beta = golden.uniform(case, f"{layer}_gamma", (out,), 0.5, 2.0), golden.uniform(case, f"{layer}_beta", (out,))
            y = y @ kernel + bias
            variance, mean = torch.var_mean(y, 0, unbiased=unbiased)
            y = torch.tanh(F.batch_norm(y, mean, variance, gamma, beta, training=False, eps=1e-3))
            tensors |= {f"{layer}/{name}": value for name, value in (("kernel", kernel), ("bias", bias), ("gamma", gamma),
                                                                     ("beta", beta), ("mean", mean), ("variance", variance))}
        golden.add(case, {"op": "training_set", "unbiased_variance": unbiased}, y=y, **tensors)


def main():
    golden = Golden("normalization")
    batch_norm(golden)
    layer_norm(golden)
    group_norm(golden)
    weight_standardization(golden)
    channels_at_axis_1(golden)
    layer_norm_of_inner_axes(golden)
    unit_norm(golden)
    running_statistics(golden)
    training_set_statistics(golden)
    golden.write()


if __name__ == "__main__":
    main()
