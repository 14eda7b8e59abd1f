#!/usr/bin/env python3
"""Times training steps of one workload in PyTorch and prints one JSON line.

    train_step.py W4 --mode channels_last --malloc tuned

Batches lie ready in memory and the optimiser is the fused one. `ms` is the median step, `ms_min` the fastest.
"""
import argparse
import json
import os
import resource
import statistics
import sys
import time

MODES = ("eager", "channels_last", "compile", "compile_channels_last")
# glibc maps and unmaps large tensors at each use; these keep them, which spares the page faults.
MALLOC = {"default": {}, "tuned": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**34), "MALLOC_TOP_PAD_": str(2**28)}}
WARM_UP_STEPS = 4
LEAST_STEPS = 6
BATCHES = 4


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload")
    parser.add_argument("--mode", choices=MODES, default="eager")
    parser.add_argument("--malloc", choices=MALLOC, default="default")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="bfloat16: PyTorch's autocast")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=6.0, help="of timed steps, at least %d of them" % LEAST_STEPS)
    return parser.parse_args()


def restart_with(environment):
    """Threads and allocation are settled when a process starts."""
    if any(os.environ.get(name) != value for name, value in environment.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | environment)


def training_step(name, mode, precision):
    import torch

    import nets

    torch.manual_seed(0)
    workload = nets.WORKLOADS[name]
    net = nets.build(name)
    xs = [torch.rand(workload.batch, *workload.shape) for _ in range(BATCHES)]
    if mode.endswith("channels_last") and len(workload.shape) == 3:
        net = net.to(memory_format=torch.channels_last)
        xs = [x.to(memory_format=torch.channels_last) for x in xs]
    if workload.loss == "cross_entropy":
        ys = [torch.randint(0, workload.classes, (workload.batch,)) for _ in xs]
    elif workload.loss == "mse":
        ys = [x[:, :1] * x[:, 1:] for x in xs]
    else:
        ys = xs
    optimizer = nets.optimizer(workload, net.parameters(), fused=True)
    criterion = nets.LOSSES[workload.loss]

    def loss_of(x, y):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            predictions = net(x)
        return criterion(predictions.float(), y)

    if mode.startswith("compile"):
        loss_of = torch.compile(loss_of)

    def step(k):
        optimizer.zero_grad(set_to_none=True)
        loss_of(xs[k % BATCHES], ys[k % BATCHES]).backward()
        optimizer.step()

    return step, workload, torch.__version__


def timed(step, seconds):
    """Seconds a step. Steps under a millisecond are timed by the hundred."""
    for k in range(WARM_UP_STEPS):
        begin = time.perf_counter()
        step(k)
        last = time.perf_counter() - begin
    together = 100 if last < 1e-3 else 1
    times = []
    start = time.perf_counter()
    while len(times) < LEAST_STEPS or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        for k in range(together):
            step(len(times) + k)
        times.append((time.perf_counter() - begin) / together)
    return times


def main():
    options = arguments()
    restart_with({"OMP_NUM_THREADS": str(options.threads), **MALLOC[options.malloc]})
    step, workload, version = training_step(options.workload, options.mode, options.precision)
    times = timed(step, options.seconds)
    median = statistics.median(times)
    print(json.dumps({
        "peer": "pytorch", "version": version, "mode": options.mode + ("+malloc" if options.malloc == "tuned" else ""),
        "workload": options.workload, "precision": options.precision, "threads": options.threads, "batch_size": workload.batch, "timed": len(times),
        "ms": round(median * 1e3, 4), "ms_min": round(min(times) * 1e3, 4), "steps_per_second": round(1 / median, 3),
        "examples_per_second": round(workload.batch / median, 1),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
