#!/usr/bin/env python3
"""Trains W3 on Fashion-MNIST's files for one epoch, as someone would in a script; how long it takes is measured from outside.

    fashion_mnist_epoch.py jax /usr/share/datasets/fashion-mnist

The whole set lies in memory as one array of numbers in [0, 1], and each batch is taken from it in a shuffled order. The last line is JSON.
"""
import argparse
import gzip
import json
import pathlib

import measure

BATCH = 128


def read(folder):
    """Features (60000, 28, 28, 1) in [0, 1] and labels."""
    import numpy as np

    def bytes_of(name, header):
        return np.frombuffer(gzip.decompress((folder / name).read_bytes()), np.uint8, offset=header)

    images = bytes_of("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
    return np.multiply(images, np.float32(1 / 255), dtype=np.float32), bytes_of("train-labels-idx1-ubyte.gz", 8).astype(np.int32)


def pytorch(x, y, options):
    import torch

    import nets
    from workloads import WORKLOADS

    net = nets.build("W3")
    optimizer = nets.optimizer(WORKLOADS["W3"], net.parameters(), fused=True)
    features, labels = torch.from_numpy(x).reshape(-1, 1, 28, 28), torch.from_numpy(y).long()
    for rows in torch.randperm(len(features)).split(BATCH):
        optimizer.zero_grad()
        loss = nets.LOSSES["cross_entropy"](net(features[rows]), labels[rows])
        loss.backward()
        optimizer.step()
    return loss.item()


def jax(x, y, options):
    import numpy as np

    import jax_nets

    step = jax_nets.Training("W3").step_function()
    order = np.random.default_rng(0).permutation(len(x))
    # The last batch has 96 examples, which would be compiled anew.
    for begin in range(0, len(x) - BATCH + 1, BATCH):
        rows = order[begin:begin + BATCH]
        loss = step((x[rows], y[rows]))
    return float(loss)


def keras(x, y, options):
    import keras_nets

    model = keras_nets.compiled("W3")
    return model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0).history["loss"][-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    peers = {"pytorch": pytorch, "jax": jax, "keras": keras}
    parser.add_argument("peer", choices=peers)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--malloc", choices=("default", "tuned"), default="default")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    measure.start_in(options, JAX_PLATFORMS="cpu", NPROC=str(options.threads), TF_NUM_INTRAOP_THREADS=str(options.threads),
                     TF_NUM_INTEROP_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="")
    loss = peers[options.peer](*read(options.folder), options)
    print(json.dumps({"peer": options.peer, "loss": loss, "rss_mb": measure.peak_resident_mb()}), flush=True)


if __name__ == "__main__":
    main()
