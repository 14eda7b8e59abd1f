#!/usr/bin/env python3
"""Times training steps of one workload in JAX and prints one JSON line.

    jax_step.py W4
    jax_step.py W4 --check      # instead: its first losses are those of PyTorch and Sloy

The whole step is one jitted function whose state is donated; images have channels last. `scan` runs 100 steps in one call, which gives
no step's result back before all are done: it is measured for the tiny net only.
"""
import measure
from workloads import random_batches

MODES = ("jit", "scan")
SCANNED = 100
CHECK = ("--check", {"action": "store_true", "help": "compare the first losses with tests/oracle"})


def check(name):
    import golden
    import jax_nets

    wanted = golden.Training(name)
    step = jax_nets.Training(name, rate=0, weights=list(wanted.weights())).step_function()
    wanted.check([float(step(batch)) for batch in list(wanted.batches())[:len(golden.TOLERANCES)]])


def main():
    options = measure.options(__doc__, MODES, flags=[CHECK])
    measure.start_in(options, JAX_PLATFORMS="cpu", NPROC=str(options.threads))
    if options.check:
        return check(options.workload)
    import jax
    import jax.numpy as jnp

    import jax_nets

    training = jax_nets.Training(options.workload)
    batches = [tuple(jnp.asarray(a) for a in batch) for batch in random_batches(training.workload, measure.BATCHES)]
    if options.mode == "scan":
        many = tuple(jnp.stack([batches[k % len(batches)][i] for k in range(SCANNED)]) for i in range(2))
        step = training.scan_function()
        times = [seconds / SCANNED for seconds in measure.timed(lambda k: step(many), options, jax.block_until_ready)]
    else:
        step = training.step_function()
        times = measure.timed(lambda k: step(batches[k % len(batches)]), options, jax.block_until_ready)
    measure.report("jax", jax.__version__, options, training.workload.batch, times)


if __name__ == "__main__":
    main()
