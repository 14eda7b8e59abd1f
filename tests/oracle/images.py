"""Goldens of images in other sizes and colours: what Pillow makes of them, byte for byte."""
import numpy as np
import PIL
import torch
from PIL import Image

from common import Golden, integers

FILTERS = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# The image (height, width, channels), the size it gets, and the box (left, top, right, bottom) where it isn't all of it.
CASES = {
    "smaller": ((23, 17, 3), (9, 7), None),
    "much_smaller": ((61, 47, 1), (5, 4), None),
    "larger": ((7, 5, 3), (19, 13), None),
    "one_way": ((16, 10, 3), (5, 10), None),
    "other_way": ((10, 16, 1), (10, 37), None),
    "a_pixel": ((12, 9, 3), (1, 2), None),
    "of_a_pixel": ((1, 2, 3), (6, 5), None),
    "box": ((20, 30, 3), (8, 11), (4.5, 2.25, 21.75, 17.5)),
    "box_larger": ((14, 12, 1), (31, 23), (3.2, 1.1, 8.9, 11.6)),
}


def pillow_image(pixels):
    array = pixels.numpy().astype(np.uint8)
    return Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)


def tensor_of(image):
    array = np.asarray(image).astype(np.int32)
    return torch.from_numpy(array if array.ndim == 3 else array[:, :, None])


def main():
    golden = Golden("images", may_repeat_sizes=True, packages={"pillow": PIL.__version__})
    for name, (shape, size, box) in CASES.items():
        for interpolation, resampling in FILTERS.items():
            case = f"{name}_{interpolation}"
            pixels = integers(f"images/{name}", shape, 256)
            resized = pillow_image(pixels).resize((size[1], size[0]), resampling, box)
            attributes = {"op": "resize", "interpolation": interpolation, "box": box or [0, 0, shape[1], shape[0]]}
            golden.add(case, attributes, pixels=pixels, result=tensor_of(resized))
    pixels = integers("images/grey", (31, 29, 3), 256)
    golden.add("grey", {"op": "grey"}, pixels=pixels, result=tensor_of(pillow_image(pixels).convert("L")))
    golden.write()


if __name__ == "__main__":
    main()
