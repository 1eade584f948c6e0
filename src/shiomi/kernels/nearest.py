"""What lies nearest: a binary tree of boxes in three dimensions over edges or discs on the sphere.

Three dimensions have no seam at 180 degrees and nothing special at the poles. Points are unit vectors, and
distances inside are squared chords of the unit sphere, which order as arcs do.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit

__all__ = [
    "DEPTH",
    "morton_order",
    "nearest_disc",
    "nearest_discs",
    "nearest_edge_chord2",
    "tree_boxes",
]

_LEAF = 8
"""Things in a leaf of the tree."""

DEPTH = 128
"""More than twice the height of any tree: 2^60 leaves."""

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


def morton_order(vectors: _Floats) -> _Ints:
    """Order of unit vectors along the Morton curve of a cube: neighbours come together."""
    code = np.zeros(len(vectors), np.int64)
    for axis in range(3):
        x = ((vectors[:, axis] + 1) * ((1 << 19) - 1)).astype(np.int64)
        for shift, mask in (
            (32, 0x1F00000000FFFF),
            (16, 0x1F0000FF0000FF),
            (8, 0x100F00F00F00F00F),
            (4, 0x10C30C30C30C30C3),
            (2, 0x1249249249249249),
        ):
            x = (x | (x << shift)) & mask
        code |= x << axis
    return np.argsort(code, kind="stable")


@njit(cache=True, nogil=True)
def tree_boxes(a: _Floats, b: _Floats) -> _Floats:
    """Boxes of an implicit binary tree over the edges a[i]-b[i], which lie in Morton order.

    Node i has the children 2i and 2i + 1; of n leaves, a power of two, leaf k is node n + k.
    A box without edges is at infinity, so no search enters it.
    """
    leaves = 1
    while leaves * _LEAF < len(a):
        leaves *= 2
    boxes = np.empty((2 * leaves, 6))
    boxes[:, :3] = np.inf
    boxes[:, 3:] = -np.inf
    for i in range(len(a)):
        node = leaves + i // _LEAF
        for k in range(3):
            boxes[node, k] = min(boxes[node, k], a[i, k], b[i, k])
            boxes[node, 3 + k] = max(boxes[node, 3 + k], a[i, k], b[i, k])
    for node in range(leaves - 1, 0, -1):
        for k in range(3):
            boxes[node, k] = min(boxes[2 * node, k], boxes[2 * node + 1, k])
            boxes[node, 3 + k] = max(boxes[2 * node, 3 + k], boxes[2 * node + 1, 3 + k])
    return boxes


@njit(cache=True, nogil=True)
def _box_distance2(boxes: _Floats, node: int, x: float, y: float, z: float) -> float:
    if boxes[node, 0] > boxes[node, 3]:
        return np.inf
    dx = max(boxes[node, 0] - x, 0.0, x - boxes[node, 3])
    dy = max(boxes[node, 1] - y, 0.0, y - boxes[node, 4])
    dz = max(boxes[node, 2] - z, 0.0, z - boxes[node, 5])
    return float(dx * dx + dy * dy + dz * dz)


@njit(cache=True, nogil=True)
def _edge_chord2(a: _Floats, b: _Floats, i: int, x: float, y: float, z: float) -> float:
    """Squared chord from a point of the unit sphere to the nearest point of an edge, on the sphere too."""
    ux, uy, uz = b[i, 0] - a[i, 0], b[i, 1] - a[i, 1], b[i, 2] - a[i, 2]
    wx, wy, wz = x - a[i, 0], y - a[i, 1], z - a[i, 2]
    length2 = ux * ux + uy * uy + uz * uz
    s = 0.0
    if length2 > 0.0:
        s = min(1.0, max(0.0, (wx * ux + wy * uy + wz * uz) / length2))
    px, py, pz = a[i, 0] + s * ux, a[i, 1] + s * uy, a[i, 2] + s * uz
    scale = 1.0 / np.sqrt(px * px + py * py + pz * pz)
    px, py, pz = px * scale - x, py * scale - y, pz * scale - z
    return float(px * px + py * py + pz * pz)


@njit(cache=True, nogil=True)
def nearest_edge_chord2(points: _Floats, a: _Floats, b: _Floats, boxes: _Floats, bulge: float) -> _Floats:
    """Squared chord from each unit vector to the nearest edge.

    `bulge` is how far an edge may rise from its straight chord, and so out of the box that holds its ends.
    """
    leaves = len(boxes) // 2
    out = np.empty(len(points))
    stack = np.empty(DEPTH, np.int64)
    near = 0
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        # A track's next point is nearest to much the same edge: begin with a good bound.
        best = _edge_chord2(a, b, near, x, y, z)
        limit2 = (np.sqrt(best) + bulge) ** 2
        stack[0] = 1
        top = 1
        while top > 0:
            top -= 1
            node = stack[top]
            if _box_distance2(boxes, node, x, y, z) > limit2:
                continue
            if node >= leaves:
                first = (node - leaves) * _LEAF
                for i in range(first, min(first + _LEAF, len(a))):
                    d2 = _edge_chord2(a, b, i, x, y, z)
                    if d2 < best:
                        best, near = d2, i
                        limit2 = (np.sqrt(best) + bulge) ** 2
                continue
            left, right = 2 * node, 2 * node + 1
            if _box_distance2(boxes, left, x, y, z) < _box_distance2(boxes, right, x, y, z):
                left, right = right, left
            stack[top], stack[top + 1] = left, right
            top += 2
        out[n] = best
    return out


@njit(cache=True, nogil=True)
def nearest_disc(
    x: float,
    y: float,
    z: float,
    centres: _Floats,
    radius: _Floats,
    row: _Ints,
    widest: float,
    boxes: _Floats,
    stack: _Ints,
) -> tuple[np.int64, float, float]:
    """Of the disc whose edge is nearest to a unit vector its `row`, and the arcs to its centre and edge.

    Arcs are in radians; that to the edge is negative inside. Of equal discs the lowest `row` wins, whatever
    order the tree has.

    Args:
        radius: radians.
        widest: the greatest radius.
        stack: `DEPTH` places to be written over.
    """
    leaves = len(boxes) // 2
    best, best_arc, best_row = np.inf, np.inf, np.int64(-1)
    limit2 = np.inf
    stack[0] = 1
    top = 1
    while top > 0:
        top -= 1
        node = stack[top]
        if _box_distance2(boxes, node, x, y, z) > limit2:
            continue
        if node >= leaves:
            first = (node - leaves) * _LEAF
            for i in range(first, min(first + _LEAF, len(centres))):
                chord = math.sqrt(_edge_chord2(centres, centres, i, x, y, z))
                # No chord is longer than its arc; the last term is for rounding, here and below.
                if chord - radius[i] > best + 1e-12:
                    continue
                to_centre = 2.0 * math.asin(min(1.0, 0.5 * chord))
                to_edge = to_centre - radius[i]
                if to_edge < best or (to_edge == best and row[i] < best_row):
                    best, best_arc, best_row = to_edge, to_centre, row[i]
                    limit2 = (max(0.0, best + widest) + 1e-12) ** 2
            continue
        left, right = 2 * node, 2 * node + 1
        if _box_distance2(boxes, left, x, y, z) < _box_distance2(boxes, right, x, y, z):
            left, right = right, left
        stack[top], stack[top + 1] = left, right
        top += 2
    return best_row, best_arc, best


@njit(cache=True, nogil=True)
def nearest_discs(
    points: _Floats, centres: _Floats, radius: _Floats, row: _Ints, boxes: _Floats
) -> tuple[_Ints, _Floats]:
    """For each point the disc with the nearest edge, as its `row`, and the arc to its centre, in radians."""
    widest = radius.max()
    found, arc = np.empty(len(points), np.int64), np.empty(len(points))
    stack = np.empty(DEPTH, np.int64)
    for n in range(len(points)):
        found[n], arc[n], _ = nearest_disc(
            points[n, 0], points[n, 1], points[n, 2], centres, radius, row, widest, boxes, stack
        )
    return found, arc
