"""The rows of the comparison: what each measures, how Sloy and its peers run it, and which ratio it must and should reach.

A ratio is the fastest peer's time over Sloy's; of memory, Sloy's peak resident memory over the leanest peer's. Where `must` and `aim` are
in milliseconds they are of Sloy's time itself.
"""
import dataclasses
import pathlib

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
RECIPE = pathlib.Path(__file__).resolve().parent / "fashion_mnist.toml"

TRAININGS = ("W1", "W2", "W3", "W4", "W5", "W6a", "W6b", "W7", "W9")
CONVOLUTIONAL = ("W3", "W4", "W5", "W6a", "W6b", "W7")
PREDICTIONS = ("W1", "W3", "W5", "W6a", "W6b")


@dataclasses.dataclass(frozen=True)
class Contender:
    group: str  # "sloy" or the peer, whose environment it needs
    mode: str
    command: tuple  # {program}, {peers}, {threads}, {seconds}, {data} and {empty}, a fresh folder, are filled in
    # "inside": the last JSON line's "ms"; "epoch": an epoch's time for each batch; from outside: until the first JSON line
    # ("first_line") or until the process has ended ("whole")
    timed: str = "inside"

    @property
    def name(self):
        return f"{self.group} {self.mode}".rstrip()


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    must: float
    aim: float
    sloy: Contender
    peers: tuple
    memory_must: float = None
    memory_aim: float = None
    in_milliseconds: bool = False


def script(group, file, workload, mode, *more, timed="inside"):
    """`mode` may end in +malloc: glibc's allocator is then told to keep what it has."""
    name, _, malloc = mode.partition("+")
    limits = () if timed != "inside" else ("--seconds", "{seconds}")
    return Contender(group, mode, (f"{{peers}}/{group}/bin/python", str(PEERS / file), workload, "--mode", name, "--threads", "{threads}",
                                   *limits, *(("--malloc", "tuned") if malloc else ()), *more), timed)


def with_tuned_malloc(*modes):
    return (*modes, *(mode + "+malloc" for mode in modes))


def pytorch_modes(workload):
    """Without images there is no channel to be last."""
    modes = ("eager", "compile", "channels_last", "compile_channels_last")
    return with_tuned_malloc(*modes[:4 if workload in CONVOLUTIONAL else 2])


def frameworks(workload):
    yield from (script("pytorch", "pytorch_step.py", workload, mode) for mode in pytorch_modes(workload))
    yield from (script("jax", "jax_step.py", workload, mode) for mode in with_tuned_malloc("jit"))
    yield from (script("keras", "keras_step.py", workload, mode) for mode in with_tuned_malloc("graph", "xla"))
    if workload == "W2":
        yield Contender("libtorch", "C++", ("{peers}/libtorch/libtorch_step", "--threads", "{threads}", "--seconds", "{seconds}"))


def bench(workload, *more, timed="inside"):
    limits = () if timed != "inside" else ("--seconds", "{seconds}")
    return Contender("sloy", "", ("{program}", "bench", workload, "--json", "--threads", "{threads}", *limits, *more), timed)


TITLES = {"W1": "MLP", "W2": "tiny MLP", "W3": "convnet for digits", "W4": "VGG-like", "W5": "ResNet-18", "W6a": "AlexNet at 224×224",
          "W6b": "VGG-16 at 224×224", "W7": "convolutional autoencoder", "W9": "MLP with BN and dropout"}
# workload: must, aim of time; must, aim of memory
TRAINING_TARGETS = {"W1": (1.3, 1.55, 0.12, None), "W2": (20, 60, None, None), "W3": (2.2, 2.5, 0.15, None),
                    "W4": (2.0, 2.4, 0.47, 0.4), "W5": (1.85, 2.15, 0.6, 0.45), "W6a": (1.4, 1.6, 0.65, 0.5),
                    "W6b": (2.1, 2.4, 0.6, 0.5), "W7": (2.0, 2.8, 0.12, None), "W9": (1.45, 1.7, 0.15, None)}
PREDICTION_MUST = {"W5": 1.1, "W6b": 1.1}


def training(workload):
    must, aim, memory_must, memory_aim = TRAINING_TARGETS[workload]
    return Row(workload, f"{TITLES[workload]}, training step", must, aim, bench(workload), tuple(frameworks(workload)), memory_must,
               memory_aim)


def training_in_bfloat16(workload):
    peers = tuple(script("pytorch", "pytorch_step.py", workload, mode, "--precision", "bfloat16") for mode in pytorch_modes(workload))
    return Row(f"{workload}-bfloat16", f"{TITLES[workload]}, training step in mixed_bfloat16", 1.35, 2.0,
               bench(workload, "--precision", "mixed_bfloat16"), peers)


def prediction(workload):
    modes = ("threads", "one_thread")
    return Row(f"W8-{workload}", f"{TITLES[workload]}, one example predicted", PREDICTION_MUST.get(workload, 1.0), 1.3,
               bench(workload, "--predict"), tuple(script("onnxruntime", "onnxruntime_latency.py", workload, mode) for mode in modes))


def scanned():
    """A loop inside of JAX's jit, which gives nothing back between its steps: Sloy still runs one step a call."""
    return Row("W2-scan", "tiny MLP, against a hundred steps in one call", None, None, bench("W2"),
               tuple(script("jax", "jax_step.py", "W2", mode) for mode in ("scan",)))


def start():
    one_step = ("--steps", "1")
    peers = (script("pytorch", "pytorch_step.py", "W3", "eager", *one_step, timed="first_line"),
             script("jax", "jax_step.py", "W3", "jit", *one_step, timed="first_line"),
             script("keras", "keras_step.py", "W3", "graph", *one_step, timed="first_line"))
    return Row("W10-start", "process start to the first step of W3", 150, 50, bench("W3", *one_step, timed="first_line"), peers,
               in_milliseconds=True)


TRAIN = ("{program}", "train", str(RECIPE), "--out", "{empty}/run", "--json", "--threads", "{threads}")


def epoch():
    peers = []
    for group in ("pytorch", "jax", "keras"):
        for malloc in ("default", "tuned"):
            command = (f"{{peers}}/{group}/bin/python", str(PEERS / "fashion_mnist_epoch.py"), group, "{data}", "--threads", "{threads}",
                       "--malloc", malloc)
            peers.append(Contender(group, "epoch" + ("+malloc" if malloc == "tuned" else ""), command, "whole"))
    return Row("W10-epoch", "whole process, one epoch of Fashion-MNIST from files, W3", 3.0, 4.0,
               Contender("sloy", "", TRAIN, "whole"), tuple(peers))


def fit():
    """Sloy against itself: what reading, shuffling and callbacks leave of the rate of steps on data in memory."""
    return Row("fit", "rate of `sloy train` on Fashion-MNIST's files over that of W3's steps in memory", 0.95, None,
               Contender("sloy", "", TRAIN, "epoch"), (dataclasses.replace(bench("W3"), group="bench", mode="W3"),))


ROWS = {row.name: row for row in (
    *(training(workload) for workload in TRAININGS), *(training_in_bfloat16(workload) for workload in ("W4", "W5")),
    *(prediction(workload) for workload in PREDICTIONS), scanned(), start(), epoch(), fit())}
