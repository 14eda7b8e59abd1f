"""The workloads W1 … W9 in Keras: nets, losses and optimisers. Images have channels last."""
import keras
import tensorflow as tf
from keras import layers

from workloads import WORKLOADS


def conv(filters, size=3, strides=1, padding="same", **options):
    return layers.Conv2D(filters, size, strides, padding, **options)


def rectified(filters, size=3, padding="same"):
    return conv(filters, size, padding=padding, activation="relu")


def batch_norm():
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)


def multilayer_perceptron(rate):
    return [layers.Dense(512, "relu"), layers.Dense(512, "relu"), layers.Dense(10)]


def tiny(rate):
    return [layers.Dense(8, "tanh"), layers.Dense(8, "tanh"), layers.Dense(1)]


def small_convnet(rate):
    return [rectified(32, padding="valid"), layers.MaxPooling2D(), rectified(64, padding="valid"), layers.MaxPooling2D(),
            layers.Flatten(), layers.Dropout(rate), layers.Dense(10)]


def vgg_like(rate):
    net = []
    for filters in (64, 128, 256):
        for _ in range(2):
            net += [conv(filters, use_bias=False), batch_norm(), layers.ReLU()]
        net.append(layers.MaxPooling2D())
    return [*net, layers.Flatten(), layers.Dense(512, "relu"), layers.Dense(10)]


class Normalized(layers.Layer):
    """A convolution with PyTorch's padding on all sides, and batch norm."""

    def __init__(self, filters, size, strides):
        super().__init__()
        self.pad = layers.ZeroPadding2D(size // 2) if strides == 2 and size > 1 else None
        self.conv = conv(filters, size, strides, "valid" if self.pad else "same", use_bias=False)
        self.norm = batch_norm()

    def call(self, x, training=None):
        return self.norm(self.conv(self.pad(x) if self.pad else x), training=training)


class ResidualBlock(layers.Layer):
    def __init__(self, filters, strides, same_shape):
        super().__init__()
        self.first, self.second = Normalized(filters, 3, strides), Normalized(filters, 3, 1)
        self.shortcut = None if same_shape else Normalized(filters, 1, strides)

    def call(self, x, training=None):
        y = self.second(keras.ops.relu(self.first(x, training=training)), training=training)
        return keras.ops.relu(y + (self.shortcut(x, training=training) if self.shortcut else x))


def resnet_18(rate):
    net, inputs = [Normalized(64, 3, 1), layers.ReLU()], 64
    for filters, strides in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        net.append(ResidualBlock(filters, strides, filters == inputs))
        inputs = filters
    return [*net, layers.GlobalAveragePooling2D(), layers.Dense(10)]


def alexnet(rate):
    pool = {"pool_size": 3, "strides": 2}
    return [layers.ZeroPadding2D(2), conv(64, 11, 4, "valid", activation="relu"), layers.MaxPooling2D(**pool), rectified(192, 5),
            layers.MaxPooling2D(**pool), rectified(384), rectified(256), rectified(256), layers.MaxPooling2D(**pool), layers.Flatten(),
            layers.Dropout(rate), layers.Dense(4096, "relu"), layers.Dropout(rate), layers.Dense(4096, "relu"), layers.Dense(1000)]


def vgg_16(rate):
    net = []
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        net += [*(rectified(filters) for _ in range(count)), layers.MaxPooling2D()]
    net.append(layers.Flatten())
    for _ in range(2):
        net += [layers.Dense(4096, "relu"), layers.Dropout(rate)]
    return [*net, layers.Dense(1000)]


def convolutional_autoencoder(rate):
    net = []
    for filters in (16, 8, 8):
        net += [rectified(filters), layers.MaxPooling2D(padding="same")]
    for filters, padding in ((8, "same"), (8, "same"), (16, "valid")):
        net += [rectified(filters, padding=padding), layers.UpSampling2D()]
    return [*net, conv(1)]


def wide_perceptron(rate):
    net = []
    for _ in range(3):
        net += [layers.Dense(1024), batch_norm(), layers.ReLU(), layers.Dropout(rate)]
    return [*net, layers.Dense(10)]


NETS = {"W1": multilayer_perceptron, "W2": tiny, "W3": small_convnet, "W4": vgg_like, "W5": resnet_18, "W6a": alexnet,
        "W6b": vgg_16, "W7": convolutional_autoencoder, "W9": wide_perceptron}


def losses():
    return {"cross_entropy": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "mse": keras.losses.MeanSquaredError(),
            "bce": keras.losses.BinaryCrossentropy(from_logits=True)}


def optimizer(workload):
    """PyTorch's, but for two details of Keras: Adam's epsilon is added before the correction, weight decay does not pass the momentum."""
    options = workload.optimizer_options
    if workload.optimizer == "Adam":
        return keras.optimizers.Adam(options["lr"], epsilon=1e-8)
    return keras.optimizers.SGD(options["lr"], options.get("momentum", 0.0), weight_decay=options.get("weight_decay"))


def compiled(name, rate=0.5, weights=None):
    """`weights` of what is trained, in the order of the layers."""
    workload = WORKLOADS[name]
    model = keras.Sequential([layers.Input(workload.shape_channels_last), *NETS[name](rate)])
    model.compile(optimizer=optimizer(workload), loss=losses()[workload.loss])
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(model.trainable_variables, weights or ()):
        variable.assign(value)
    return model


def tensors(batch):
    return tuple(tf.constant(array) for array in batch)
