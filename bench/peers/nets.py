"""The nets, losses and optimisers of the workloads W1 … W9 in PyTorch."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from workloads import WORKLOADS  # noqa: F401

LOSSES = {"cross_entropy": F.cross_entropy, "mse": F.mse_loss, "bce": F.binary_cross_entropy_with_logits}


def relu():
    return nn.ReLU(inplace=True)


def conv_bn(inputs, filters):
    return [nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), relu()]


class ResidualBlock(nn.Module):
    """conv-bn-relu-conv-bn, added to the input or, where shapes differ, to a 1×1 convolution of it."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.conv_1 = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False)
        self.norm_1 = nn.BatchNorm2d(filters)
        self.conv_2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm_2 = nn.BatchNorm2d(filters)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != filters:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        y = F.relu(self.norm_1(self.conv_1(x)))
        return F.relu(self.norm_2(self.conv_2(y)) + self.shortcut(x))


def multilayer_perceptron(dropout, flatten):
    return [nn.Linear(784, 512), relu(), nn.Linear(512, 512), relu(), nn.Linear(512, 10)]


def tiny(dropout, flatten):
    return [nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1)]


def small_convnet(dropout, flatten):
    return [nn.Conv2d(1, 32, 3), relu(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), relu(), nn.MaxPool2d(2), flatten(),
            dropout(0.5), nn.Linear(1600, 10)]


def vgg_like(dropout, flatten):
    layers, inputs = [], 3
    for filters in (64, 128, 256):
        layers += [*conv_bn(inputs, filters), *conv_bn(filters, filters), nn.MaxPool2d(2)]
        inputs = filters
    return [*layers, flatten(), nn.Linear(4096, 512), relu(), nn.Linear(512, 10)]


def resnet_18(dropout, flatten):
    layers, inputs = conv_bn(3, 64), 64
    for filters, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        layers.append(ResidualBlock(inputs, filters, stride))
        inputs = filters
    return [*layers, nn.AdaptiveAvgPool2d(1), flatten(), nn.Linear(512, 10)]


def alexnet(dropout, flatten):
    return [nn.Conv2d(3, 64, 11, 4, 2), relu(), nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, 1, 2), relu(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, 1, 1), relu(), nn.Conv2d(384, 256, 3, 1, 1), relu(), nn.Conv2d(256, 256, 3, 1, 1), relu(),
            nn.MaxPool2d(3, 2), flatten(), dropout(0.5), nn.Linear(9216, 4096), relu(), dropout(0.5),
            nn.Linear(4096, 4096), relu(), nn.Linear(4096, 1000)]


def vgg_16(dropout, flatten):
    layers, inputs = [], 3
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(inputs, filters, 3, padding=1), relu()]
            inputs = filters
        layers.append(nn.MaxPool2d(2))
    return [*layers, flatten(), nn.Linear(25088, 4096), relu(), dropout(0.5), nn.Linear(4096, 4096), relu(), dropout(0.5),
            nn.Linear(4096, 1000)]


def convolutional_autoencoder(dropout, flatten):
    """The Keras blog's; its output is logits, the loss holds the sigmoid."""
    def same(inputs, filters):
        return nn.Conv2d(inputs, filters, 3, padding=1)

    return [same(1, 16), relu(), nn.MaxPool2d(2), same(16, 8), relu(), nn.MaxPool2d(2), same(8, 8), relu(),
            nn.MaxPool2d(2, ceil_mode=True),
            same(8, 8), relu(), nn.Upsample(scale_factor=2), same(8, 8), relu(), nn.Upsample(scale_factor=2),
            nn.Conv2d(8, 16, 3), relu(), nn.Upsample(scale_factor=2), same(16, 1)]


def wide_perceptron(dropout, flatten):
    layers, inputs = [], 784
    for units in (1024, 1024, 1024):
        layers += [nn.Linear(inputs, units), nn.BatchNorm1d(units), relu(), dropout(0.5)]
        inputs = units
    return [*layers, nn.Linear(inputs, 10)]


NETS = {"W1": multilayer_perceptron, "W2": tiny, "W3": small_convnet, "W4": vgg_like, "W5": resnet_18, "W6a": alexnet,
        "W6b": vgg_16, "W7": convolutional_autoencoder, "W9": wide_perceptron}


def build(workload, dropout=nn.Dropout, flatten=nn.Flatten):
    return nn.Sequential(*NETS[workload](dropout, flatten))


def optimizer(workload, parameters, **options):
    return getattr(torch.optim, workload.optimizer)(parameters, **workload.optimizer_options, **options)
