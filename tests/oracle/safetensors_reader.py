"""A safetensors file by its definition: eight bytes of length, a header of JSON, numbers. Standard library alone."""
import json
import pathlib
import struct

ITEM = {"F64": (8, "d"), "F32": (4, "f"), "I64": (8, "q"), "I32": (4, "i"), "U8": (1, "B")}


class Tensor:
    def __init__(self, dtype, shape, data):
        self.dtype, self.shape, self.data = dtype, shape, data

    def values(self):
        size, code = ITEM[self.dtype]
        return list(struct.unpack(f"<{len(self.data) // size}{code}", self.data))


def read(path):
    """The metadata and the tensors by name. The numbers fill the rest of the file without gaps or overlaps."""
    content = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, numbers = json.loads(content[8:8 + length]), content[8 + length:]
    metadata, tensors, end = header.pop("__metadata__", {}), {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, count = entry["data_offsets"][0], 1
        for size in entry["shape"]:
            count *= size
        if begin != end or entry["data_offsets"][1] != begin + count * ITEM[entry["dtype"]][0]:
            raise ValueError(f"{path}: {name} lies at {entry['data_offsets']}, after {end}")
        end = entry["data_offsets"][1]
        tensors[name] = Tensor(entry["dtype"], entry["shape"], numbers[begin:end])
    if end != len(numbers):
        raise ValueError(f"{path}: {len(numbers)} bytes of numbers, {end} described")
    return metadata, tensors
