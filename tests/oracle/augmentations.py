"""Goldens of augmented images: what torchvision, SciPy, colorsys and NumPy make of them.

A case's `augmentation` is what a recipe says. Its results are all that may come of it, by chance: of a flip the image as it is and
turned over. `tolerance` is how far a value may be from a result's: 0 where pixels only move, 1 where numbers are rounded.
"""
import colorsys
import itertools
import math

import numpy as np
import scipy
import scipy.ndimage
import torch
import torchvision
import torchvision.transforms.v2.functional as vision

from common import Golden, integers

COLOUR = (11, 9, 3)
# The names of ways to go on beyond the border: ours, NumPy's (whole pixels), SciPy's (between pixels).
FILL_MODES = {"constant": ("constant", "grid-constant"), "nearest": ("edge", "nearest"), "reflect": ("symmetric", "reflect"),
              "wrap": ("wrap", "grid-wrap")}


def rounded(values):
    return np.clip(np.floor(np.asarray(values, dtype=np.float64) + 0.5), 0, 255).astype(np.int32)


def of_torchvision(function, pixels, *arguments, **options):
    """A function of uint8 (channels, height, width)."""
    result = function(torch.from_numpy(pixels.astype(np.uint8)).permute(2, 0, 1), *arguments, **options)
    return result.permute(1, 2, 0).numpy().astype(np.int32)


def warped(pixels, x, y, fill_mode, order):
    """The pixels at the places (x, y) of arrays, each (height, width)."""
    channels = [scipy.ndimage.map_coordinates(pixels[:, :, c].astype(np.float64), [y, x], order=order, mode=FILL_MODES[fill_mode][1])
                for c in range(pixels.shape[2])]
    return rounded(np.stack(channels, axis=2))


def places(shape):
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    return x, y, (shape[1] - 1) / 2, (shape[0] - 1) / 2


def turned(pixels, share, fill_mode="reflect", order=1):
    x, y, middle_x, middle_y = places(pixels.shape)
    cosine, sine = math.cos(2 * math.pi * share), math.sin(2 * math.pi * share)
    x, y = x - middle_x, y - middle_y
    return warped(pixels, cosine * x - sine * y + middle_x, sine * x + cosine * y + middle_y, fill_mode, order)


def zoomed(pixels, down, across, fill_mode="reflect"):
    x, y, middle_x, middle_y = places(pixels.shape)
    return warped(pixels, (x - middle_x) * (1 + across) + middle_x, (y - middle_y) * (1 + down) + middle_y, fill_mode, 1)


def sheared(pixels, share_x, share_y, fill_mode="reflect"):
    x, y, _, _ = places(pixels.shape)
    return warped(pixels, x + share_x * y, y + share_y * x, fill_mode, 1)


def crops(pixels, height, width, padding, fill_mode, fill_value=0):
    options = {"constant_values": fill_value} if fill_mode == "constant" else {}
    padded = np.pad(pixels, ((padding, padding), (padding, padding), (0, 0)), mode=FILL_MODES[fill_mode][0], **options)
    tops, lefts = range(padded.shape[0] - height + 1), range(padded.shape[1] - width + 1)
    return [padded[top : top + height, left : left + width] for top, left in itertools.product(tops, lefts)]


def by_hsv(pixels, change):
    result = np.empty(pixels.shape)
    for place in np.ndindex(pixels.shape[:2]):
        hue, saturation, value = colorsys.rgb_to_hsv(*(pixels[place] / 255.0))
        result[place] = np.array(colorsys.hsv_to_rgb(*change(hue, saturation, value))) * 255
    return rounded(result)


def main():
    golden = Golden("augmentations", may_repeat_sizes=True,
                    packages={"torchvision": torchvision.__version__, "scipy": scipy.__version__})

    def add(case, augmentation, pixels, results, tolerance=0):
        tensors = {f"result_{i}": torch.from_numpy(np.ascontiguousarray(result).astype(np.int32)) for i, result in enumerate(results)}
        golden.add(case, {"op": "augmentation", "augmentation": augmentation, "results": len(results), "tolerance": tolerance},
                   pixels=torch.from_numpy(pixels.astype(np.int64)), **tensors)

    def image(name, shape=COLOUR):
        return integers(f"augmentations/{name}", shape, 256).numpy()

    pixels = image("flip", (5, 4, 3))
    across, down = pixels[:, ::-1], pixels[::-1]
    add("flip_horizontal", {"type": "RandomFlip", "mode": "horizontal"}, pixels, [pixels, across])
    add("flip_vertical", {"type": "RandomFlip", "mode": "vertical"}, pixels, [pixels, down])
    add("flip_both", {"type": "RandomFlip"}, pixels, [pixels, across, down, down[:, ::-1]])

    pixels = image("crop", (5, 4, 3))
    for fill_mode in FILL_MODES:
        add(f"crop_padded_{fill_mode}", {"type": "RandomCrop", "padding": 2, "fill_mode": fill_mode, **({"fill_value": 7} if fill_mode == "constant" else {})}, pixels,
            crops(pixels, 5, 4, 2, fill_mode, 7))
    add("crop_smaller", {"type": "RandomCrop", "height": 3, "width": 2}, pixels, crops(pixels, 3, 2, 0, "constant"))
    grey = image("crop_grey", (3, 2, 1))
    add("crop_grey", {"type": "RandomCrop", "padding": 1}, grey, crops(grey, 3, 2, 1, "constant"))

    pixels = image("shift", (8, 10, 3))
    for fill_mode in FILL_MODES:
        # A quarter of 8 rows down, a fifth of 10 columns to the left.
        options = {"type": "RandomTranslation", "height_factor": [0.25, 0.25], "width_factor": [-0.2, -0.2], "fill_mode": fill_mode}
        add(f"shift_{fill_mode}", options, pixels, [crops(pixels, 8, 10, 2, fill_mode)[0 * 5 + 4]])
    add("shift_between", {"type": "RandomTranslation", "height_factor": [0.05, 0.05], "width_factor": [0.13, 0.13]}, pixels,
        [warped(pixels, places(pixels.shape)[0] - 1.3, places(pixels.shape)[1] - 0.4, "reflect", 1)], tolerance=1)

    square = image("square", (7, 7, 3))
    for quarters in (1, 2, 3, -1):
        add(f"turn_{quarters}_quarters", {"type": "RandomRotation", "factor": [quarters / 4, quarters / 4]}, square,
            [np.rot90(square, quarters)])
    pixels = image("turn")
    add("turn_half", {"type": "RandomRotation", "factor": [0.5, 0.5], "fill_mode": "constant"}, pixels, [np.rot90(pixels, 2)])
    for fill_mode in FILL_MODES:
        add(f"turn_{fill_mode}", {"type": "RandomRotation", "factor": [0.07, 0.07], "fill_mode": fill_mode}, pixels,
            [turned(pixels, 0.07, fill_mode)], tolerance=1)
        add(f"zoom_{fill_mode}", {"type": "RandomZoom", "height_factor": [0.3, 0.3], "width_factor": [-0.2, -0.2], "fill_mode": fill_mode},
            pixels, [zoomed(pixels, 0.3, -0.2, fill_mode)], tolerance=1)
        add(f"shear_{fill_mode}", {"type": "RandomShear", "x_factor": [0.2, 0.2], "y_factor": [0.1, 0.1], "fill_mode": fill_mode}, pixels,
            [sheared(pixels, 0.2, 0.1, fill_mode), sheared(pixels, -0.2, -0.1, fill_mode)], tolerance=1)
    add("turn_torchvision", {"type": "RandomRotation", "factor": [1 / 12, 1 / 12], "fill_mode": "constant"}, pixels,
        [of_torchvision(vision.rotate, pixels, 30.0, interpolation=vision.InterpolationMode.BILINEAR)], tolerance=1)
    add("zoom_one_factor", {"type": "RandomZoom", "height_factor": [-0.4, -0.4]}, pixels, [zoomed(pixels, -0.4, -0.4)], tolerance=1)

    pixels = image("colours")
    bright = pixels.astype(np.float64) + 0.3 * 255
    add("brighter", {"type": "RandomBrightness", "factor": [0.3, 0.3]}, pixels, [rounded(bright)], tolerance=1)
    add("darker", {"type": "RandomBrightness", "factor": [-0.45, -0.45]}, pixels, [rounded(pixels - 0.45 * 255)], tolerance=1)
    mean = pixels.mean(axis=(0, 1), keepdims=True)
    add("contrast", {"type": "RandomContrast", "factor": [0.0, 0.0]}, pixels, [pixels])
    # 1 − 0.4 and 1 + 0.4 are the ends; a grey image of one colour has no contrast to change.
    even = np.broadcast_to(image("even", (1, 1, 3)), (4, 6, 3))
    add("contrast_of_nothing", {"type": "RandomContrast", "factor": 0.4}, even, [even])
    for name, factor in (("less", 0.2), ("more", 0.75), ("grey", 0.0), ("full", 1.0)):
        times = factor / (1 - factor) if factor < 1 else math.inf
        add(f"saturation_{name}", {"type": "RandomSaturation", "factor": [factor, factor]}, pixels,
            [by_hsv(pixels, lambda h, s, v: (h, 0 if s == 0 else min(s * times, 1), v))], tolerance=1)
    add("hue", {"type": "RandomHue", "factor": [0.4, 0.4]}, pixels,
        [by_hsv(pixels, lambda h, s, v: ((h + sign * 0.2) % 1, s, v)) for sign in (1, -1)], tolerance=1)
    add("hue_torchvision", {"type": "RandomHue", "factor": [0.6, 0.6]}, pixels,
        [of_torchvision(vision.adjust_hue, pixels, sign * 0.3) for sign in (1, -1)], tolerance=1)
    grey = of_torchvision(vision.rgb_to_grayscale, pixels, num_output_channels=3)
    add("grayscale", {"type": "RandomGrayscale", "factor": 0.5}, pixels, [grey, pixels], tolerance=1)
    add("half_grey", {"type": "RandomColorDegeneration", "factor": [0.5, 0.5]}, pixels,
        [of_torchvision(vision.adjust_saturation, pixels, 0.5)], tolerance=1)
    add("jitter", {"type": "RandomColorJitter", "brightness_factor": [0.1, 0.1], "hue_factor": [0.2, 0.2]}, pixels,
        [by_hsv(np.clip(pixels + 25.5, 0, 255), lambda h, s, v: ((h + sign * 0.1) % 1, s, v)) for sign in (1, -1)], tolerance=3)

    pixels = image("levels")
    add("invert", {"type": "RandomInvert", "factor": 0.5}, pixels, [of_torchvision(vision.invert, pixels), pixels])
    for bits in (1, 3, 8):
        add(f"posterize_{bits}", {"type": "RandomPosterization", "factor": [bits, bits]}, pixels,
            [of_torchvision(vision.posterize, pixels, bits)])
    add("posterize_up_to_3", {"type": "RandomPosterization", "factor": 3}, pixels,
        [of_torchvision(vision.posterize, pixels, bits) for bits in (1, 2, 3)])
    add("solarize", {"type": "Solarization", "threshold_factor": [0.6, 0.6]}, pixels,
        [of_torchvision(vision.solarize, pixels, threshold=0.6 * 255)])
    dull = (image("dull") // 4 + 60).astype(np.int64)
    add("auto_contrast", {"type": "AutoContrast"}, dull, [of_torchvision(vision.autocontrast, dull)], tolerance=1)
    add("auto_contrast_of_nothing", {"type": "AutoContrast"}, even, [even])
    large = image("large", (40, 31, 3)) // 3
    add("equalize", {"type": "Equalization"}, large, [of_torchvision(vision.equalize, large)])
    add("equalize_even", {"type": "Equalization"}, even, [of_torchvision(vision.equalize, even)])
    for name, factor in (("smooth", 0.0), ("same", 0.5), ("sharp", 0.9)):
        add(f"sharpness_{name}", {"type": "RandomSharpness", "factor": [factor, factor]}, pixels,
            [of_torchvision(vision.adjust_sharpness, pixels, 2 * factor)], tolerance=2 if factor > 0.5 else 1)
    for name, kernel, sigma in (("small", [3, 3], 0.8), ("wide", [5, 7], 2.0)):
        add(f"blur_{name}", {"type": "RandomGaussianBlur", "factor": [1.0, 1.0], "kernel_size": kernel, "sigma": [sigma, sigma]}, pixels,
            [of_torchvision(vision.gaussian_blur, pixels, kernel_size=kernel[::-1], sigma=[sigma, sigma])], tolerance=1)
    golden.write()


if __name__ == "__main__":
    main()
