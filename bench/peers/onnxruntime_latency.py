#!/usr/bin/env python3
"""Times the prediction of one example in onnxruntime and prints one JSON line.

    onnxruntime_latency.py W5

The net has random weights and is written as an ONNX graph here. Input and output are bound to memory that stays, all graph
optimisations are on. `one_thread` ignores --threads: hand-offs cost small nets more than they gain.
"""
import measure
from workloads import WORKLOADS, check_parameters, random_batches

MODES = ("threads", "one_thread")


class Graph:
    """Nodes and weights as they are made; `x` names the value made last."""

    def __init__(self, channels):
        import numpy as np

        self.random, self.nodes, self.weights, self.sizes = np.random.default_rng(0), [], [], []
        self.x, self.channels = "features", channels

    def weight(self, *shape, constant=None, trained=True):
        import numpy as np
        from onnx import numpy_helper

        name = f"weight_{len(self.weights)}"
        value = self.random.standard_normal(shape, dtype=np.float32) * np.float32((2 / np.prod(shape[1:])) ** 0.5)
        if constant is not None:
            value = np.full(shape, constant, np.float32)
        self.weights.append(numpy_helper.from_array(value, name))
        self.sizes.append(value.size if trained else 0)
        return name

    def op(self, kind, *more, x=None, **attributes):
        from onnx import helper

        output = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [x or self.x, *more], [output], **attributes))
        self.x = output
        return self

    def conv(self, filters, size=3, stride=1, padding=0, bias=True):
        kernel = self.weight(filters, self.channels, size, size)
        more = [kernel, self.weight(filters, constant=0.0)] if bias else [kernel]
        self.channels = filters
        return self.op("Conv", *more, kernel_shape=[size, size], strides=[stride, stride], pads=[padding] * 4)

    def normalized(self, filters, size=3, stride=1):
        self.conv(filters, size, stride, size // 2, bias=False)
        gamma, beta = self.weight(filters, constant=1.0), self.weight(filters, constant=0.0)
        mean, variance = (self.weight(filters, constant=c, trained=False) for c in (0.0, 1.0))
        return self.op("BatchNormalization", gamma, beta, mean, variance)

    def relu(self):
        return self.op("Relu")

    def pool(self, size=2, stride=2):
        return self.op("MaxPool", kernel_shape=[size, size], strides=[stride, stride])

    def dense(self, inputs, units):
        return self.op("Gemm", self.weight(units, inputs), self.weight(units, constant=0.0), transB=1)

    def head(self, *sizes):
        """Dense layers with ReLU between."""
        for k, (inputs, units) in enumerate(zip(sizes, sizes[1:])):
            (self.relu() if k else self).dense(inputs, units)


def multilayer_perceptron(g):
    g.head(784, 512, 512, 10)


def small_convnet(g):
    for filters in (32, 64):
        g.conv(filters).relu().pool()
    g.op("Flatten").dense(1600, 10)


def resnet_18(g):
    g.normalized(64).relu()
    for filters, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        x, inputs = g.x, g.channels
        y = g.normalized(filters, 3, stride).relu().normalized(filters).x
        if inputs != filters:
            g.x, g.channels = x, inputs
            x = g.normalized(filters, 1, stride).x
        g.op("Add", x, x=y).relu()
    g.op("GlobalAveragePool").op("Flatten").dense(512, 10)


def alexnet(g):
    g.conv(64, 11, 4, 2).relu().pool(3).conv(192, 5, 1, 2).relu().pool(3)
    for filters in (384, 256, 256):
        g.conv(filters, padding=1).relu()
    g.pool(3).op("Flatten").head(9216, 4096, 4096, 1000)


def vgg_16(g):
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            g.conv(filters, padding=1).relu()
        g.pool()
    g.op("Flatten").head(25088, 4096, 4096, 1000)


NETS = {"W1": multilayer_perceptron, "W3": small_convnet, "W5": resnet_18, "W6a": alexnet, "W6b": vgg_16}


def session(name, threads):
    import onnxruntime
    from onnx import TensorProto, helper

    workload = WORKLOADS[name]
    graph = Graph(workload.shape[0])
    NETS[name](graph)
    check_parameters(name, graph.sizes)
    types = [helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, *workload.shape]),
             helper.make_tensor_value_info(graph.x, TensorProto.FLOAT, [1, workload.classes])]
    model = helper.make_model(helper.make_graph(graph.nodes, name, types[:1], types[1:], graph.weights),
                              opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def prediction(name, threads):
    import numpy as np
    import onnxruntime

    workload, asked = WORKLOADS[name], session(name, threads)
    features = random_batches(workload, 1, batch=1)[0][0].reshape(1, *workload.shape)
    scores = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros((1, workload.classes), np.float32))
    binding = asked.io_binding()
    binding.bind_ortvalue_input("features", onnxruntime.OrtValue.ortvalue_from_numpy(features))
    binding.bind_ortvalue_output(asked.get_outputs()[0].name, scores)
    return lambda k: asked.run_with_iobinding(binding)


def main():
    options = measure.options(__doc__, MODES, names=NETS)
    measure.start_in(options)
    import onnxruntime

    step = prediction(options.workload, options.threads if options.mode == "threads" else 1)
    measure.report("onnxruntime", onnxruntime.__version__, options, 1, measure.timed(step, options))


if __name__ == "__main__":
    main()
