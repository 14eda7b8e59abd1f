#!/usr/bin/env python3
"""Writes the weights of a PyTorch checkpoint from before its zip format as safetensors.

    convert_legacy_checkpoint.py resnet20.th resnet20.safetensors

Needs nothing but Python. Such a file is pickles, which can run any code: only the three functions that weights need are known here,
and every other is refused.
"""
import collections
import json
import pathlib
import pickle
import struct
import sys

ITEM = {"FloatStorage": ("F32", 4)}


class Storage:
    """What a tensor's numbers are part of; the bytes come behind the pickles."""

    def __init__(self, kind, key):
        self.kind, self.key, self.data = kind, key, b""


class Tensor:
    def __init__(self, storage, offset, size, stride):
        expected = 1
        for length, step in zip(reversed(size), reversed(stride)):
            if length != 1 and step != expected:
                raise ValueError(f"a tensor of size {size} has strides {stride}")
            expected *= length
        self.storage, self.offset, self.size, self.count = storage, offset, size, expected


def rebuild_tensor(storage, offset, size, stride, *_):
    return Tensor(storage, offset, size, stride)


class Unpickler(pickle.Unpickler):
    KNOWN = {("collections", "OrderedDict"): collections.OrderedDict, ("torch._utils", "_rebuild_tensor"): rebuild_tensor,
             ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor, ("torch", "FloatStorage"): "FloatStorage"}

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        if (module, name) not in self.KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} is not what weights are made of")
        return self.KNOWN[module, name]

    def persistent_load(self, saved):
        _, kind, key, *_ = saved
        return self.storages.setdefault(key, Storage(kind, key))


def read(path):
    with path.open("rb") as file:
        for _ in range(3):  # a magic number, a version, sizes of integers
            Unpickler(file).load()
        unpickler = Unpickler(file)
        content = unpickler.load()
        for key in Unpickler(file).load():
            storage = unpickler.storages[key]
            (count,) = struct.unpack("<q", file.read(8))
            storage.data = file.read(count * ITEM[storage.kind][1])
    return content.get("state_dict", content)


def write(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        dtype, size = ITEM[tensor.storage.kind]
        begin = tensor.offset * size
        block = tensor.storage.data[begin:begin + tensor.count * size]
        header[name] = {"dtype": dtype, "shape": list(tensor.size), "data_offsets": [len(data), len(data) + len(block)]}
        data += block
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(pathlib.Path(sys.argv[2]), read(pathlib.Path(sys.argv[1])))


if __name__ == "__main__":
    main()
