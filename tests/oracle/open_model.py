"""Opens files that Sloy wrote with the safetensors package, and compares with what safetensors_reader.py reads.

    open_model.py RUN/model.safetensors RUN/checkpoints/*.safetensors

Needs the packages of requirements.txt, of which PyTorch isn't used.
"""
import sys

from safetensors import safe_open

import safetensors_reader

NUMPY = {"F64": "float64", "F32": "float32", "I64": "int64", "I32": "int32", "U8": "uint8"}


def differences(path):
    metadata, tensors = safetensors_reader.read(path)
    with safe_open(path, framework="numpy") as package:
        if package.metadata() != metadata:
            yield "metadata"
        if sorted(package.keys()) != sorted(tensors):
            yield f"names: {sorted(package.keys())}"
            return
        for name, ours in tensors.items():
            theirs = package.get_tensor(name)
            if list(theirs.shape) != ours.shape or theirs.dtype != NUMPY[ours.dtype]:
                yield f"{name}: {theirs.dtype} {theirs.shape}"
            elif theirs.tobytes() != ours.data:
                yield f"{name}: its numbers"


def main():
    failed = False
    for path in sys.argv[1:]:
        found = list(differences(path))
        failed = failed or bool(found)
        print(f"{path}: {'; '.join(found) or 'the same'}")
    if failed or len(sys.argv) == 1:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
