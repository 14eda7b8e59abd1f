"""The workloads W1 … W9 in JAX: nets, losses and optimisers, as one function from a state and a batch to the next state.

Images have channels last, kernels are (height, width, in, out), dense ones (in, out).
"""
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from workloads import WORKLOADS, check_parameters

jax.config.update("jax_default_prng_impl", "rbg")  # on a CPU several times faster than the default


class Recorder:
    """Notes the shape of each weight as a net asks for them."""

    def __init__(self, rate):
        self.shapes, self.fans, self.rate, self.statistics = [], [], rate, []

    def weight(self, shape, fan_in):
        self.shapes.append(shape)
        self.fans.append(fan_in)  # 0: constant 0, None: constant 1
        return jnp.zeros(shape)

    def key(self):
        return jax.random.key(0)


class Reader(Recorder):
    """Hands out weights in the order in which they were asked for."""

    def __init__(self, weights, key, rate):
        super().__init__(rate)
        self.weights, self.last_key = iter(weights), key

    def weight(self, shape, fan_in):
        return next(self.weights)

    def key(self):
        self.last_key, key = jax.random.split(self.last_key)
        return key


def dense(p, x, units):
    kernel = p.weight((x.shape[-1], units), x.shape[-1])
    return x @ kernel + p.weight((units,), 0)


def conv(p, x, filters, size=3, stride=1, padding="SAME", bias=True):
    inputs = x.shape[-1]
    kernel = p.weight((size, size, inputs, filters), size * size * inputs)
    pads = padding if isinstance(padding, str) else [(padding, padding)] * 2
    y = lax.conv_general_dilated(x, kernel, (stride, stride), pads, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return y + p.weight((filters,), 0) if bias else y


def batch_norm(p, x):
    axes = tuple(range(x.ndim - 1))
    mean = x.mean(axes)
    variance = (x * x).mean(axes) - mean * mean
    p.statistics += [mean, variance]
    gamma, beta = p.weight(mean.shape, None), p.weight(mean.shape, 0)
    return (x - mean) * (lax.rsqrt(variance + 1e-5) * gamma) + beta


def relu(x):
    return jnp.maximum(x, 0)


def max_pool(x, size=2, stride=2, padding="VALID"):
    return lax.reduce_window(x, -float("inf"), lax.max, (1, size, size, 1), (1, stride, stride, 1), padding)


def up(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def flat(x):
    return x.reshape(x.shape[0], -1)


def dropout(p, x):
    if p.rate == 0:
        return x
    return jnp.where(jax.random.bernoulli(p.key(), 1 - p.rate, x.shape), x / (1 - p.rate), 0)


def multilayer_perceptron(p, x):
    for _ in range(2):
        x = relu(dense(p, x, 512))
    return dense(p, x, 10)


def tiny(p, x):
    for _ in range(2):
        x = jnp.tanh(dense(p, x, 8))
    return dense(p, x, 1)


def small_convnet(p, x):
    for filters in (32, 64):
        x = max_pool(relu(conv(p, x, filters, padding="VALID")))
    return dense(p, dropout(p, flat(x)), 10)


def vgg_like(p, x):
    for filters in (64, 128, 256):
        for _ in range(2):
            x = relu(batch_norm(p, conv(p, x, filters, bias=False)))
        x = max_pool(x)
    return dense(p, relu(dense(p, flat(x), 512)), 10)


def resnet_18(p, x):
    def normalized(x, filters, size, stride):
        return batch_norm(p, conv(p, x, filters, size, stride, size // 2, bias=False))

    x = relu(normalized(x, 64, 3, 1))
    for filters, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        y = normalized(relu(normalized(x, filters, 3, stride)), filters, 3, 1)
        shortcut = x if x.shape[-1] == filters else normalized(x, filters, 1, stride)
        x = relu(y + shortcut)
    return dense(p, x.mean((1, 2)), 10)


def alexnet(p, x):
    x = max_pool(relu(conv(p, x, 64, 11, 4, 2)), 3)
    x = max_pool(relu(conv(p, x, 192, 5)), 3)
    for filters in (384, 256, 256):
        x = relu(conv(p, x, filters))
    x = flat(max_pool(x, 3))
    for _ in range(2):
        x = relu(dense(p, dropout(p, x), 4096))
    return dense(p, x, 1000)


def vgg_16(p, x):
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            x = relu(conv(p, x, filters))
        x = max_pool(x)
    x = flat(x)
    for _ in range(2):
        x = dropout(p, relu(dense(p, x, 4096)))
    return dense(p, x, 1000)


def convolutional_autoencoder(p, x):
    for filters in (16, 8, 8):
        x = max_pool(relu(conv(p, x, filters)), padding="SAME")
    for filters, padding in ((8, "SAME"), (8, "SAME"), (16, "VALID")):
        x = up(relu(conv(p, x, filters, padding=padding)))
    return conv(p, x, 1)


def wide_perceptron(p, x):
    for _ in range(3):
        x = dropout(p, relu(batch_norm(p, dense(p, x, 1024))))
    return dense(p, x, 10)


NETS = {"W1": multilayer_perceptron, "W2": tiny, "W3": small_convnet, "W4": vgg_like, "W5": resnet_18, "W6a": alexnet,
        "W6b": vgg_16, "W7": convolutional_autoencoder, "W9": wide_perceptron}


def mean_loss(kind, y, target):
    if kind == "cross_entropy":
        return -jnp.take_along_axis(jax.nn.log_softmax(y), target[:, None], 1).mean()
    if kind == "mse":
        return ((y - target) ** 2).mean()
    return (jnp.maximum(y, 0) - y * target + jnp.log1p(jnp.exp(-jnp.abs(y)))).mean()


def updated(workload, weights, gradients, slots, count):
    """PyTorch's Adam and SGD."""
    rate, decay = workload.optimizer_options["lr"], workload.optimizer_options.get("weight_decay", 0)
    if workload.optimizer == "Adam":
        firsts = [0.9 * m + 0.1 * g for m, g in zip(slots[0], gradients)]
        seconds = [0.999 * v + 0.001 * g * g for v, g in zip(slots[1], gradients)]
        first_share, second_share = 1 - 0.9**count, 1 - 0.999**count
        weights = [w - rate / first_share * m / (jnp.sqrt(v / second_share) + 1e-8) for w, m, v in zip(weights, firsts, seconds)]
        return weights, [firsts, seconds]
    gradients = [g + decay * w for g, w in zip(gradients, weights)] if decay else gradients
    momentum = workload.optimizer_options.get("momentum", 0)
    if momentum:
        slots = [[momentum * v + g for v, g in zip(slots[0], gradients)]]
        gradients = slots[0]
    return [w - rate * g for w, g in zip(weights, gradients)], slots


class Training:
    def __init__(self, name, rate=0.5, weights=None):
        self.workload, self.net, self.rate = WORKLOADS[name], NETS[name], rate
        recorder = Recorder(rate)
        jax.eval_shape(functools.partial(self.net, recorder), jnp.zeros((1, *self.workload.shape_channels_last)))
        check_parameters(name, (int(np.prod(shape)) for shape in recorder.shapes))
        if weights is None:
            random = np.random.default_rng(0)
            weights = [np.full(shape, 1.0 if fan is None else 0.0, np.float32) if not fan
                       else random.standard_normal(shape, dtype=np.float32) * np.float32((2 / fan) ** 0.5)
                       for shape, fan in zip(recorder.shapes, recorder.fans)]
        weights = [jnp.asarray(w) for w in weights]
        copies = {"Adam": 2}.get(self.workload.optimizer, int("momentum" in self.workload.optimizer_options))
        statistics = [jnp.zeros(s.shape) for s in recorder.statistics]
        self.state = (weights, [[jnp.zeros_like(w) for w in weights] for _ in range(copies)], statistics,
                      jax.random.key(0), jnp.zeros((), jnp.int32))

    def step(self, state, batch):
        weights, slots, statistics, key, count = state
        key, used = jax.random.split(key)

        def loss(weights):
            reader = Reader(weights, used, self.rate)
            y = self.net(reader, batch[0])
            return mean_loss(self.workload.loss, y, batch[1]), reader.statistics

        (value, seen), gradients = jax.value_and_grad(loss, has_aux=True)(weights)
        statistics = [0.9 * old + 0.1 * new for old, new in zip(statistics, seen)]
        weights, slots = updated(self.workload, weights, gradients, slots, count + 1)
        return (weights, slots, statistics, key, count + 1), value

    def step_function(self):
        """step(batch) runs one and gives its loss."""
        jitted = jax.jit(self.step, donate_argnums=0)

        def step(batch):
            self.state, loss = jitted(self.state, batch)
            return loss

        return step

    def scan_function(self):
        """step(batches) runs as many as there are batches, stacked."""
        jitted = jax.jit(lambda state, batches: lax.scan(self.step, state, batches), donate_argnums=0)

        def step(batches):
            self.state, losses = jitted(self.state, batches)
            return losses

        return step
