#!/usr/bin/env python3
"""The net of a recipe in PyTorch, trained as the recipe says; prints one JSON line.

    recipe_images.py --recipe src/train/recipes/photos.toml --data photos.npz --seed 1 [--epochs N]

Needs PyTorch and NumPy. The file holds x_train, y_train, x_test and y_test: images of bytes, (n, height, width, channels), and labels.
Layers are made as the recipe lists them, with its initial weights (Glorot's uniform kernels, no biases), its numbers of a batch
normalisation, its batches, its augmentation and its cycle of the learning rate: what differs is the library, and the random numbers.
"""
import argparse
import json
import math
import time
import tomllib

import numpy
import torch
from torch import nn


class Flatten(nn.Module):
    def forward(self, x):
        return x.movedim(1, -1).flatten(1)


class Normalization(nn.Module):
    def __init__(self, images):
        super().__init__()
        self.register_buffer("mean", images.mean((0, 2, 3), keepdim=True))
        self.register_buffer("deviation", images.std((0, 2, 3), keepdim=True, correction=0).clamp_min(1e-7))

    def forward(self, x):
        return (x - self.mean) / self.deviation


def layer_of(entry, shape, images, classes):
    """The layer as PyTorch has it, for inputs of this shape (channels, height, width) or (numbers)."""
    kind = entry["type"]
    if kind == "Normalization":
        return Normalization(images)
    if kind == "Conv2D":
        if entry.get("padding") != "same" or entry.get("strides", 1) != 1:
            raise SystemExit(f"no such convolution here: {entry}")
        return nn.Conv2d(shape[0], entry["filters"], entry["kernel_size"], padding="same", bias=entry.get("use_bias", True))
    if kind == "MaxPool2D":
        return nn.MaxPool2d(2)
    if kind == "BatchNormalization":
        norm = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
        return norm(shape[0], eps=1e-3, momentum=1 - entry.get("momentum", 0.99))
    if kind == "Dense":
        units = classes if entry["units"] == "classes" else entry["units"]
        return nn.Linear(shape[0], units, bias=entry.get("use_bias", True))
    plain = {"ReLU": nn.ReLU, "Flatten": Flatten, "GlobalAveragePooling2D": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
             "Dropout": lambda: nn.Dropout(entry["rate"])}
    return plain[kind]()


def net_of(recipe, images, classes):
    layers, shape = [], images.shape[1:]
    for entry in recipe["model"]["layer"]:
        layer = layer_of(entry, shape, images, classes)
        for name, parameter in layer.named_parameters():
            if name == "weight" and parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
            elif name == "bias":
                nn.init.zeros_(parameter)
        layers.append(layer.eval())
        with torch.no_grad():
            shape = layer(torch.zeros(1, *shape)).shape[1:]
        if entry.get("activation", "linear") not in ("linear", "sigmoid"):
            raise SystemExit(f"no such activation here: {entry}")
    return nn.Sequential(*layers)


def one_cycle(optimizer, recipe, steps):
    [cycle] = recipe["train"]["callbacks"]
    if cycle["type"] != "OneCycle":
        raise SystemExit(f"no such callback here: {cycle}")
    return torch.optim.lr_scheduler.OneCycleLR(
        optimizer, cycle["max_learning_rate"], total_steps=steps, pct_start=cycle.get("pct_start", 0.3),
        anneal_strategy=cycle.get("anneal_strategy", "cos"), cycle_momentum=False)


def augmented(images, recipe):
    """A batch, each image changed for itself."""
    for change in recipe["data"].get("augment", []):
        if change == {"type": "RandomFlip", "mode": "horizontal"}:
            images = torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, images.flip(3), images)
        elif change.keys() == {"type", "padding"} and change["type"] == "RandomCrop":
            images = shifted(images, change["padding"])
        else:
            raise SystemExit(f"no such augmentation here: {change}")
    return images


def shifted(images, padding):
    """Crops of their size out of padded images."""
    padded = nn.functional.pad(images, (padding,) * 4)
    top, left = torch.randint(2 * padding + 1, (2, len(images), 1, 1))
    rows = top + torch.arange(images.shape[2])[:, None]
    columns = left + torch.arange(images.shape[3])
    return padded[torch.arange(len(images))[:, None, None], :, rows, columns].movedim(-1, 1)


def accuracy(net, images, labels, is_binary):
    net.eval()
    right = 0
    with torch.no_grad():
        for first in range(0, len(images), 256):
            scores = net(images[first:first + 256])
            told = (scores[:, 0] > 0).long() if is_binary else scores.argmax(1)
            right += (told == labels[first:first + 256]).sum().item()
    return right / len(images)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    with open(options.recipe, "rb") as file:
        recipe = tomllib.load(file)
    arrays = numpy.load(options.data)
    images, tests = (torch.from_numpy(arrays[name]).movedim(-1, 1).float() / 255 for name in ("x_train", "x_test"))
    labels, wanted = (torch.from_numpy(arrays[name]).long() for name in ("y_train", "y_test"))
    is_binary = recipe["data"].get("label_mode") == "binary"
    criterion = nn.BCEWithLogitsLoss() if is_binary else nn.CrossEntropyLoss()
    net = net_of(recipe, images, int(labels.max()) + 1)
    epochs, batch = options.epochs or recipe["train"]["epochs"], recipe["train"]["batch_size"]
    if recipe["train"]["optimizer"]["type"] != "Adam":
        raise SystemExit("Adam alone is here")
    optimizer = torch.optim.Adam(net.parameters(), eps=1e-7)
    schedule = one_cycle(optimizer, recipe, epochs * math.ceil(len(images) / batch))
    began = time.perf_counter()
    for _ in range(epochs):
        net.train()
        for rows in torch.randperm(len(images)).split(batch):
            scores = net(augmented(images[rows], recipe))
            loss = criterion(scores[:, 0], labels[rows].float()) if is_binary else criterion(scores, labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - began
    parameters = sum(parameter.numel() for parameter in net.parameters())
    print(json.dumps({"accuracy": accuracy(net, tests, wanted, is_binary), "seconds": seconds, "parameters": parameters}))


if __name__ == "__main__":
    main()
