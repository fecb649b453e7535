"""Clear away what is printed for the digits to stand in or on: ruled and squared lines, boxes."""

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["clear_rules"]

_LEAST_LENGTH = 24  # pixels: shorter lines are left alone
_LONG = 0.5  # of the piece of ink that a line runs through


def clear_rules(
    strong: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int32],
    stats: npt.NDArray[np.int32],
) -> bool:
    """Clear long straight lines out of the pieces of a page that are too large for a digit.

    Args:
        strong: uint8 ``(height, width)``, 255 where there is ink; changed in place.
        labels: which piece each pixel belongs to.
        stats: of the pieces, as OpenCV gives them.

    Returns:
        Whether anything was cleared.
    """
    cleared = False
    for piece in range(1, len(stats)):
        x, y, w, h, area = (int(v) for v in stats[piece])
        if max(w, h) < 2 * _LEAST_LENGTH or area > 0.5 * w * h:
            continue
        region = (slice(y, y + h), slice(x, x + w))
        own = labels[region] == piece
        lines = _lines(own.astype(np.uint8))
        if lines is None:
            continue
        left = np.where(own, 0, strong[region])
        left[own] = 0
        kept = _without(own.astype(np.uint8), *lines)
        strong[region] = left | kept * np.uint8(255)
        cleared = True
    return cleared


def _lines(
    own: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None:
    """Return the horizontal and the vertical lines of a piece of ink; `None` if it holds no rules.

    One straight line may be the bar of a seven. Rules are two that are parallel, or one several
    times as long as what stands on it is high.
    """
    height, width = own.shape
    across = _runs(own, horizontal=True)
    down = _runs(own, horizontal=False)
    count_across, count_down = _count(across, _LONG * width), _count(down.T.copy(), _LONG * height)
    ruled = width > 3 * height and count_across >= 1
    boxed = count_across >= 2 and count_down >= 2
    squared = count_across + count_down >= 4
    tall = height > 4 * width and count_down >= 1
    if not (ruled or boxed or squared or tall):
        return None
    return across, down


def _runs(own: npt.NDArray[np.uint8], *, horizontal: bool) -> npt.NDArray[np.uint8]:
    """Return the pixels that lie on long straight runs, slightly slanted ones too."""
    if not horizontal:
        return _runs(np.ascontiguousarray(own.T), horizontal=True).T.copy()
    height, width = own.shape
    length = max(_LEAST_LENGTH // 2, round(_LONG * width / 6))
    # A slanted line is a staircase; thickened, its steps overlap.
    thick = cv2.dilate(own, np.ones((3, 1), np.uint8))
    straight = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    joined = cv2.morphologyEx(straight, cv2.MORPH_CLOSE, np.ones((3, length), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    long = stats[:, cv2.CC_STAT_WIDTH] >= _LONG * width
    thickness = stats[:, cv2.CC_STAT_AREA] / np.maximum(stats[:, cv2.CC_STAT_WIDTH], 1)
    long &= thickness <= max(5.0, 0.03 * width)
    long[0] = False
    result: npt.NDArray[np.uint8] = (long[labels] & (thick > 0)).astype(np.uint8)
    return result


def _count(lines: npt.NDArray[np.uint8], least: float) -> int:
    _, _, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(lines, cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8))
    )
    return int((stats[1:, cv2.CC_STAT_WIDTH] >= least).sum())


def _without(
    own: npt.NDArray[np.uint8], across: npt.NDArray[np.uint8], down: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Take lines away, but not the strokes that cross them."""
    lines = across | down
    left = own & (1 - lines)
    # Bridge the gaps that the lines leave in the strokes that cross them.
    gap = 7
    bridged = cv2.morphologyEx(left, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8)) & across
    bridged |= cv2.morphologyEx(left, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8)) & down
    kept: npt.NDArray[np.uint8] = left | (bridged & own)
    return kept
