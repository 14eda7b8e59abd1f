#!/usr/bin/env python3
"""Writes the inputs that the fuzzers of the file formats start from: one small file for each feature.

    tests/fuzz/make_corpus.py
"""

import gzip
import io
import json
import math
import pathlib
import struct
import zipfile
import zlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def write(path, content):
    target = CORPUS / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def idx(code, dims, data):
    return bytes([0, 0, code, len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + data


def safetensors(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def tuning(choices, version=1):
    return json.dumps({"format": "sloy tuning", "version": version, "machine": "cpu",
                       "choices": choices}).encode()


def npy(header, data, version=1):
    text = header.encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def npy_header(descr, shape, fortran_order=False):
    return f"{{'descr': '{descr}', 'fortran_order': {fortran_order}, 'shape': {shape}, }}\n"


images = idx(8, [2, 2, 3], bytes(range(12)))
write("idx/images", images)
write("idx/images.gz", gzip.compress(images, mtime=0))
write("idx/two_members.gz", gzip.compress(images[:9], mtime=0) + gzip.compress(images[9:], mtime=0))
write("idx/stored.gz", gzip.compress(images, compresslevel=0, mtime=0))
write("idx/labels", idx(8, [3], b"\0\1\2"))
write("idx/int8", idx(9, [2], b"\xff\x7f"))
write("idx/int16", idx(11, [2], b"\xff\xfe\x01\x02"))
write("idx/int32", idx(12, [1], b"\xff\xff\xff\xff"))
write("idx/float32", idx(13, [1, 1], struct.pack(">f", 1.5)))
write("idx/float64", idx(14, [1], struct.pack(">d", -0.5)))
write("idx/empty", idx(8, [0, 5], b""))
write("idx/huge_dims", idx(14, [2**32 - 1] * 3, b""))
write("idx/truncated.gz", gzip.compress(images, mtime=0)[:-9])

write("safetensors/no_tensors", safetensors({}, b""))
write("safetensors/metadata", safetensors({"__metadata__": {"format": "sloy", "к": "\n"}}, b""))
write("safetensors/two", safetensors({"b": entry("U8", [2], 8, 10), "a": entry("F32", [2, 1], 0, 8)},
                                     bytes(10)))
write("safetensors/every_dtype", safetensors(
    {"a": entry("F64", [1], 0, 8), "b": entry("I64", [], 8, 16), "c": entry("I32", [1], 16, 20),
     "d": entry("BF16", [1, 1], 20, 22), "e": entry("BOOL", [0], 22, 22)}, bytes(22)))
write("safetensors/gap", safetensors({"a": entry("U8", [1], 1, 2)}, b"ab"))
write("safetensors/overlap", safetensors({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 1, 3)},
                                         b"abc"))
write("safetensors/duplicate", safetensors(
    b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
    b'"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"a"))
write("safetensors/overflow", safetensors({"a": entry("F32", [2**32, 2**32], 0, 0)}, b""))
write("safetensors/deep", safetensors(b'{"a":' + b"[" * 100, b""))
write("safetensors/not_utf8", safetensors(b'{"\xff":{}}', b""))
write("safetensors/long_header", struct.pack("<Q", 2**63) + b"{}")

write("npy/float32", npy(npy_header("<f4", "(2, 1)"), struct.pack("<2f", 1, -2)))
write("npy/float64_big_endian", npy(npy_header(">f8", "(1,)"), struct.pack(">d", 0.5)))
write("npy/int64", npy(npy_header("<i8", "()"), struct.pack("<q", -1)))
write("npy/uint8_version_3", npy(npy_header("|u1", "(3,)"), b"abc", version=3))
write("npy/fortran", npy(npy_header("<i4", "(1, 1)", True), bytes(4)))
write("npy/objects", npy(npy_header("|O", "(1,)"), b"pickle"))
write("npy/overflow", npy(npy_header("<f8", "(4294967296, 4294967296)"), b""))
write("npy/double_quotes", npy('{"shape":(1,),"descr":"<f4","fortran_order":False}', bytes(4)))

write("csv/plain", b"a,b\n1,2\n")
write("csv/quotes", b'"a,b","say ""hi""","two\r\nlines"\r\nx,"",\r\n')
write("csv/mark", b"\xef\xbb\xbfa;b\rc;d")
write("csv/blanks", b"  1 2\t3 \n\n4  5 6")
write("csv/open", b'a,"b\n')
write("csv/zero", b"a\0b")


def npz(level, **arrays):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", level) as archive:
        for name, content in arrays.items():
            archive.writestr(zipfile.ZipInfo(name + ".npy"), content)
    return packed.getvalue()


ARRAY = npy(npy_header("<f4", "(2, 1)"), struct.pack("<2f", 1, -2))
write("npz/stored", npz(zipfile.ZIP_STORED, x_train=ARRAY, y_train=npy(npy_header("|u1", "(2,)"), b"ab")))
write("npz/packed", npz(zipfile.ZIP_DEFLATED, x_train=npy(npy_header("|u1", "(300,)"), bytes(300))))
write("npz/no_array", npz(zipfile.ZIP_DEFLATED, x=b"hello"))
write("npz/empty", npz(zipfile.ZIP_STORED))
write("npz/cut", npz(zipfile.ZIP_STORED, x=ARRAY)[:-9])

write("cifar/ten", bytes([3]) + bytes(range(256)) * 12 + bytes([9]) + bytes(3072))
write("cifar/hundred", bytes([3, 99]) + bytes(3072))
write("cifar/label", bytes([200]) + bytes(3072))
write("cifar/cut", bytes(3000))

CHOICE = {"node": "matmul 2×2", "kernel": "simd", "seconds": 1e-3}
write("tuning/none", tuning([]))
write("tuning/two", tuning([CHOICE, {**CHOICE, "node": "b"}]))
write("tuning/twice", tuning([CHOICE, CHOICE]))
write("tuning/no_time", tuning([{**CHOICE, "seconds": -1}]))
write("tuning/version_to_come", tuning([], 2))
write("tuning/unknown_key", tuning([{**CHOICE, "when": 1}]))
write("tuning/cut", tuning([CHOICE])[:-20])

def png(color_type, channels, depth=8, palette=b"", interlace=0, pixel=bytes([200, 100, 50, 255])):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    row = b"\0" + (pixel[4 - channels:] if channels in (2, 4) else pixel[:channels]) * 2 * (depth // 8)
    header = struct.pack(">IIBBBBB", 2, 2, depth, color_type, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + (chunk(b"PLTE", palette) if palette else b"")
            + chunk(b"IDAT", zlib.compress(row * 2)) + chunk(b"IEND", b""))


write("png/grey", png(0, 1))
write("png/colour", png(2, 3))
write("png/palette", png(3, 1, palette=bytes(range(256)) * 3))
write("png/opaque", png(6, 4))
write("png/transparent", png(6, 4, pixel=bytes([200, 100, 50, 9])))
write("png/grey_opaque", png(4, 2))
write("png/sixteen_bits", png(2, 3, depth=16))
write("png/interlaced", png(2, 3, interlace=1))
write("png/huge", png(0, 1).replace(struct.pack(">II", 2, 2), struct.pack(">II", 16384, 16384)))

SPEC = {"features": [{"dtype": "uint8", "shape": [2, 2, 1]}], "targets": [{"dtype": "int32", "shape": []}],
        "weights": [], "num_classes": 2, "class_names": ["a", "b"], "image_form": None, "table_form": None}
IMAGE_FORM = {"height": 2, "width": 2, "color_mode": "grayscale"}
TABLE = SPEC | {"features": [{"dtype": "float32", "shape": [3]}],
                "table_form": {"columns": [{"name": "x", "fill": 0.5},
                                           {"name": "y", "categories": ["p", "q"]}]}}


def records(examples, about, data, record_bytes=8, block_records=2):
    text = json.dumps({"examples": examples, "record_bytes": record_bytes,
                       "block_records": block_records, "about": about}).encode()
    return b"SLOYDATA" + struct.pack("<IIQ", 1, len(text), 0) + text + data


write("records/classes", records(1, SPEC | {"num_classes": 2**31 - 1}, bytes(16)))
write("records/rows_of_another_width", records(1, TABLE | {"features": SPEC["features"]}, bytes(24), record_bytes=16))
write("records/two_blocks", records(3, SPEC, bytes(3 * 8 + 2 * 8)))
write("records/image_form", records(1, SPEC | {"image_form": IMAGE_FORM}, bytes(16)))
write("records/table_form", records(1, TABLE, bytes(24), record_bytes=16))
write("records/weights", records(1, SPEC | {"weights": [{"dtype": "float32", "shape": []}]},
                                 bytes(24), record_bytes=16))
write("records/label", records(1, SPEC, b"\0\0\0\0\2" + bytes(11)))
write("records/huge", records(2**62, SPEC, bytes(16), block_records=2**62))
write("records/truncated", records(3, SPEC, bytes(39)))
write("records/batch", records(1, SPEC | {"features": [{"dtype": "uint8", "shape": ["batch"]}]}, bytes(16)))

ROOT = CORPUS.parents[2]
for recipe in sorted([*(ROOT / "src/train/recipes").glob("*.toml"), *(ROOT / "tests/recipes").glob("*.toml")]):
    write(f"recipe/{recipe.stem}", recipe.read_bytes())
CHANGES = ", ".join(f'{{ type = "{name}" }}' for name in ("RandomFlip", "RandomErasing", "MixUp", "AutoContrast"))
LAYER = '[[model.layer]]\ntype = "Dense"\nunits = 2\n[train]\nloss = "MeanSquaredError"\n'
write("recipe/augment", f'[data]\nname = "mnist"\naugment = [{CHANGES}]\n{LAYER}'.encode())
write("recipe/factor", f'[data]\nname = "mnist"\naugment = [{{ type = "RandomHue", factor = [0.1, 0.2] }}]\n{LAYER}'.encode())
write("recipe/folder", f'[data]\nkind = "image-folder"\npath = "x"\nimage_size = [3, 4]\n{LAYER}'.encode())
write("recipe/table", f'[data]\nkind = "csv"\npath = "x"\nmissing_values = "mean"\nheader = true\n{LAYER}'.encode())
write("recipe/several", b"""[[model.layer]]
type = "Input"
name = "a"
shape = [2]
[[model.layer]]
type = "Add"
inputs = ["a", "a"]
[model]
outputs = ["add"]
[train]
loss = ["MeanSquaredError"]
class_weight = [1, 2.5]
memory_limit = "1.5GB"
optimizer = { type = "SGD", learning_rate = { type = "CosineDecay", initial_learning_rate = 0.1, decay_steps = 10 } }
""")


def model(layers, tensors, **metadata):
    """A model's file, whose tensors {name: shape} are zeros."""
    text = {"format": "sloy model 1", "sloy": "0.1.0",
            "model": json.dumps({"layer": layers, "inputs": [layers[0]["name"]], "outputs": [layers[-1]["name"]]})}
    text |= {key: json.dumps(value) for key, value in metadata.items()}
    header, end = {"__metadata__": text}, 0
    for name, shape in tensors.items():
        size = 4 * math.prod(shape)
        header[name] = entry("F32", shape, end, end + size)
        end += size
    return safetensors(header, bytes(end))


INPUT = {"type": "Input", "shape": [2], "name": "input"}
DENSE = {"type": "Dense", "units": 3, "name": "dense"}
IMAGE = {"type": "Input", "shape": [4, 4, 1], "name": "input"}
TENSORS = {"dense/bias": [3], "dense/kernel": [2, 3]}
MEASURES = {"loss": {"type": "SparseCategoricalCrossentropy", "from_logits": True}, "metrics": ["Accuracy"]}
write("model/dense", model([INPUT, DENSE], TENSORS))
write("model/all_metadata", model([INPUT, DENSE], TENSORS, class_names=["a", "b", "c"], measures=MEASURES,
                                  table_form=TABLE["table_form"]))
write("model/image_form", model([IMAGE, {"type": "Flatten", "name": "flatten"}], {}, image_form=IMAGE_FORM))
write("model/convolution", model(
    [IMAGE, {"type": "Conv2D", "filters": 2, "kernel_size": 3, "padding": "same", "activation": "relu", "name": "c"},
     {"type": "BatchNormalization", "name": "b"}, {"type": "MaxPool2D", "name": "m"}],
    {"b/beta": [2], "b/gamma": [2], "b/moving_mean": [2], "b/moving_variance": [2], "c/bias": [2],
     "c/kernel": [3, 3, 1, 2]}))
write("model/huge", model([INPUT, {**DENSE, "units": 2**31 - 1}], TENSORS))
write("model/lacks_a_weight", model([INPUT, DENSE], {"dense/kernel": [2, 3]}))
write("model/of_another_shape", model([INPUT, DENSE], {"dense/bias": [3], "dense/kernel": [3, 2]}))
write("model/unknown_layer", model([INPUT, {"type": "Dens", "units": 3, "name": "dense"}], TENSORS))
write("model/no_format", safetensors({"__metadata__": {"model": "{}"}}, b""))
