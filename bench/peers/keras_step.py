#!/usr/bin/env python3
"""Times training steps of one workload in Keras on TensorFlow and prints one JSON line.

    keras_step.py W4 --mode xla
    keras_step.py W4 --check      # instead: its first losses are those of PyTorch and Sloy

A step is the model's own train_step as one tf.function, without what `fit` does between steps; images have channels last.
"""
import measure
from workloads import WORKLOADS, check_parameters, random_batches

MODES = ("graph", "xla")
CHECK = ("--check", {"action": "store_true", "help": "compare the first losses with tests/oracle"})


def training_step(name, mode, rate=0.5, weights=None):
    """step(batch) gives the loss before the update."""
    import tensorflow as tf

    import keras_nets

    model = keras_nets.compiled(name, rate, weights)
    check_parameters(name, (int(tf.size(v)) for v in model.trainable_variables))
    function = tf.function(model.train_step, jit_compile=mode == "xla")
    return lambda batch: function(batch)["loss"]


def check(options):
    import golden

    wanted = golden.Training(options.workload)
    import keras_nets

    losses = []
    # train_step gives the mean loss since the beginning.
    step = training_step(options.workload, options.mode, rate=0, weights=list(wanted.weights()))
    for k, batch in enumerate(list(wanted.batches())[:len(golden.TOLERANCES)]):
        losses.append(float(step(keras_nets.tensors(batch))) * (k + 1) - sum(losses))
    wanted.check(losses)


def main():
    options = measure.options(__doc__, MODES, flags=[CHECK])
    measure.start_in(options, TF_NUM_INTRAOP_THREADS=str(options.threads), TF_NUM_INTEROP_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3",
                     KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="")
    if options.check:
        return check(options)
    import keras

    import keras_nets

    step = training_step(options.workload, options.mode)
    workload = WORKLOADS[options.workload]
    batches = [keras_nets.tensors(batch) for batch in random_batches(workload, measure.BATCHES)]
    times = measure.timed(lambda k: step(batches[k % len(batches)]), options, lambda loss: loss.numpy())
    measure.report("keras", keras.__version__, options, workload.batch, times)


if __name__ == "__main__":
    main()
