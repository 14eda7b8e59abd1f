#!/usr/bin/env python3
"""Times training steps of one workload in PyTorch and prints one JSON line.

    pytorch_step.py W4 --mode channels_last --malloc tuned

Batches lie ready in memory and the optimiser is the fused one. `ms` is the median step, `ms_min` the fastest.
"""
import contextlib

import measure
from workloads import WORKLOADS, check_parameters, random_batches

MODES = ("eager", "channels_last", "compile", "compile_channels_last")
PRECISION = ("--precision", {"choices": ("float32", "bfloat16"), "default": "float32", "help": "bfloat16: autocast"})


def training_step(name, mode, precision):
    import torch

    import nets

    torch.manual_seed(0)
    workload = WORKLOADS[name]
    net = nets.build(name)
    check_parameters(name, (parameter.numel() for parameter in net.parameters()))
    layout = torch.channels_last if mode.endswith("channels_last") and workload.is_image else torch.contiguous_format
    net = net.to(memory_format=layout)

    def floats(array):
        made = torch.from_numpy(array)
        return made.movedim(-1, 1).contiguous(memory_format=layout) if workload.is_image else made

    def targets(array):
        return torch.from_numpy(array).long() if workload.classes else floats(array)

    batches = [(floats(x), targets(y)) for x, y in random_batches(workload, measure.BATCHES)]
    optimizer = nets.optimizer(workload, net.parameters(), fused=True)
    criterion = nets.LOSSES[workload.loss]
    autocast = torch.autocast("cpu", torch.bfloat16) if precision == "bfloat16" else contextlib.nullcontext()

    def loss_of(x, y):
        with autocast:
            return criterion(net(x), y)

    if mode.startswith("compile"):
        loss_of = torch.compile(loss_of)

    def step(k):
        optimizer.zero_grad(set_to_none=True)
        loss_of(*batches[k % len(batches)]).backward()
        optimizer.step()

    return step, torch.__version__


def main():
    options = measure.options(__doc__, MODES, flags=[PRECISION])
    measure.start_in(options)
    step, version = training_step(options.workload, options.mode, options.precision)
    times = measure.timed(step, options)
    measure.report("pytorch", version, options, WORKLOADS[options.workload].batch, times, precision=options.precision)


if __name__ == "__main__":
    main()
