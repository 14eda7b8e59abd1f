"""The workloads W1 … W9, whatever trains them: batch, example, loss, optimizer, and how many parameters the net must have."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Workload:
    batch: int
    shape: tuple  # of one example, channels first
    classes: int  # 0: regression or reconstruction
    loss: str  # "cross_entropy", "mse" or "bce"
    optimizer: str  # PyTorch's name, with PyTorch's options
    optimizer_options: dict
    parameters: int  # that are trained

    @property
    def is_image(self):
        return len(self.shape) == 3

    @property
    def shape_channels_last(self):
        return (*self.shape[1:], self.shape[0]) if self.is_image else self.shape


ADAM = {"lr": 1e-3}
MOMENTUM = {"lr": 0.01, "momentum": 0.9}
WORKLOADS = {
    "W1": Workload(128, (784,), 10, "cross_entropy", "Adam", ADAM, 669_706),
    "W2": Workload(32, (2,), 0, "mse", "SGD", {"lr": 0.05}, 105),
    "W3": Workload(128, (1, 28, 28), 10, "cross_entropy", "Adam", ADAM, 34_826),
    "W4": Workload(128, (3, 32, 32), 10, "cross_entropy", "SGD", MOMENTUM, 3_249_098),
    "W5": Workload(64, (3, 32, 32), 10, "cross_entropy", "SGD", {**MOMENTUM, "weight_decay": 5e-4}, 11_173_962),
    "W6a": Workload(32, (3, 224, 224), 1000, "cross_entropy", "SGD", MOMENTUM, 61_100_840),
    "W6b": Workload(8, (3, 224, 224), 1000, "cross_entropy", "SGD", MOMENTUM, 138_357_544),
    "W7": Workload(128, (1, 28, 28), 0, "bce", "Adam", ADAM, 4_385),
    "W9": Workload(256, (784,), 10, "cross_entropy", "Adam", ADAM, 2_919_434),
}


def random_batches(workload, count, batch=None):
    """`count` pairs (features, targets) as numpy arrays, images with channels last."""
    import numpy as np

    random = np.random.default_rng(0)
    batch = batch or workload.batch
    pairs = []
    for _ in range(count):
        x = random.random((batch, *workload.shape_channels_last), dtype=np.float32)
        if workload.loss == "cross_entropy":
            y = random.integers(0, workload.classes, batch, dtype=np.int32)
        else:
            y = x[:, :1] * x[:, 1:] if workload.loss == "mse" else x
        pairs.append((x, y))
    return pairs


def check_parameters(name, sizes):
    """Refuses to time a net that isn't the workload's."""
    counted, wanted = sum(sizes), WORKLOADS[name].parameters
    if counted != wanted:
        raise SystemExit(f"{name} has {counted} parameters here, and {wanted} elsewhere")
