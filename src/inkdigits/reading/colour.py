"""Grey from colour alone: for ink that is as bright as its paper."""

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["principal_colour"]

_THUMBNAIL_SIDE = 256  # the axis is the same there, and the noise is averaged away
_MIN_RANGE = 12.0  # levels of colour: less is what a camera or JPEG adds to a page without any
_MAX_GAIN = 4.0


def principal_colour(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Project colours on their principal axis, once brightness is taken out.

    The axis lies in the plane at right angles to grey, so shades of grey all fall on one point of
    it (principal component analysis, Pearson 1901). What is far apart on it becomes dark and light;
    which of the two is ink, it does not know.

    Args:
        pixels: uint8 ``(height, width, 3)``, red, green, blue.

    Returns:
        uint8 ``(height, width)``, the colours' range stretched to 0…255, though never by more than
        four times; flat where the picture has no colour.
    """
    height, width = pixels.shape[:2]
    shrink = min(1.0, _THUMBNAIL_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    colours = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(float)
    tints = colours - colours.mean(axis=1, keepdims=True)
    around = tints - tints.mean(axis=0)
    axis = np.linalg.eigh(around.T @ around)[1][:, -1]
    axis -= axis.mean()  # a page without colour has no axis, and might be given the one of grey
    places = colours @ axis
    low, high = float(places.min()), float(places.max())
    if high - low < _MIN_RANGE:
        return np.full((height, width), 128, np.uint8)
    gain = min(255 / (high - low), _MAX_GAIN)
    offset = 127.5 - gain * (low + high) / 2
    weights = np.append(gain * axis, offset)[np.newaxis]
    grey = cv2.transform(pixels, weights)
    return grey.reshape(height, width).astype(np.uint8, copy=False)
