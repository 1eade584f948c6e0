"""Taking rows of a column: what a sort costs is mostly this."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = [
    "among_new",
    "gather",
    "gather_bits",
    "gather_lists",
    "gather_two",
    "places_of",
    "scatter",
    "scatter_bits",
    "scatter_lengths",
    "scatter_lists",
]


@njit(cache=True, nogil=True)
def gather(values: Any, rows: Any) -> Any:
    """`values[rows]`, without the lock of the interpreter."""
    out = np.empty(len(rows), values.dtype)
    for i in range(len(rows)):
        out[i] = values[rows[i]]
    return out


@njit(cache=True, nogil=True)
def gather_two(old: Any, new: Any, rows: Any) -> Any:
    """The same of two columns laid end to end, which are not copied for it.

    Args:
        rows: uint32: half as wide to read, and no negative number has to be thought of.
    """
    out = np.empty(len(rows), old.dtype)
    n = np.uint32(len(old))
    for i in range(len(rows)):
        k = rows[i]
        out[i] = old[k] if k < n else new[k - n]
    return out


@njit(cache=True, nogil=True)
def gather_lists(old_edges: Any, old: Any, new_edges: Any, new: Any, rows: Any) -> tuple[Any, Any]:
    """The same of two columns of lists: list i of one is `old[old_edges[i]:old_edges[i + 1]]`.

    Returns:
        edges of the lists taken, and these laid end to end.
    """
    n = len(old_edges) - 1
    edges = np.empty(len(rows) + 1, np.int64)
    edges[0] = 0
    for i in range(len(rows)):
        k = rows[i]
        length = old_edges[k + 1] - old_edges[k] if k < n else new_edges[k - n + 1] - new_edges[k - n]
        edges[i + 1] = edges[i] + length
    out = np.empty(edges[-1], old.dtype)
    for i in range(len(rows)):
        k = rows[i]
        if k < n:
            away = old_edges[k] - edges[i]
            for j in range(edges[i], edges[i + 1]):
                out[j] = old[j + away]
        else:
            away = new_edges[k - n] - edges[i]
            for j in range(edges[i], edges[i + 1]):
                out[j] = new[j + away]
    return edges, out


@njit(cache=True, nogil=True)
def among_new(order: Any, n_old: int, among: Any) -> Any:
    """An order over old rows and some of the new ones, as one over old rows and all new ones."""
    out = np.empty_like(order)
    for i in range(len(order)):
        k = order[i]
        out[i] = k if k < n_old else n_old + among[k - n_old]
    return out


@njit(cache=True, nogil=True)
def gather_bits(bits: Any, offset: int, rows: Any) -> tuple[Any, int]:
    """The same for a bitmap of eight rows a byte that begins at bit `offset`, and how many bits are off."""
    n = len(rows)
    out = np.empty((n + 7) // 8, np.uint8)
    off = 0
    for i in range(len(out)):
        byte = 0
        for k in range(min(8, n - 8 * i)):
            at = rows[8 * i + k] + offset
            bit = (bits[at >> 3] >> (at & 7)) & 1
            byte |= bit << k
            off += 1 - bit
        out[i] = byte
    return out, off


@njit(cache=True, nogil=True)
def places_of(order: Any) -> Any:
    """Where each row goes when rows are put in this order: the order of the order."""
    out = np.empty_like(order)
    for i in range(len(order)):
        out[order[i]] = i
    return out


@njit(cache=True, nogil=True)
def scatter(values: Any, places: Any, out: Any) -> None:
    """`out[places] = values`."""
    for i in range(len(values)):
        out[places[i]] = values[i]


@njit(cache=True, nogil=True)
def scatter_bits(bits: Any, offset: int, places: Any, out: Any) -> None:
    """The bits that are off of a bitmap that begins at bit `offset`, cleared at their places in another."""
    i = 0
    while i < len(places):
        at = i + offset
        byte = bits[at >> 3]
        if byte == 255 and at & 7 == 0:
            i += 8
            continue
        if not (byte >> (at & 7)) & 1:
            out[places[i] >> 3] &= ~np.uint8(1 << (places[i] & 7))
        i += 1


@njit(cache=True, nogil=True)
def scatter_lengths(edges: Any, places: Any, out: Any) -> None:
    """The length of every list one behind its place: summed up, these are the edges of all."""
    for i in range(len(places)):
        out[places[i] + 1] = edges[i + 1] - edges[i]


@njit(cache=True, nogil=True)
def scatter_lists(edges: Any, values: Any, places: Any, out_edges: Any, out: Any) -> None:
    """Lists `values[edges[i]:edges[i + 1]]`, each written to its place among `out_edges`."""
    for i in range(len(places)):
        to = out_edges[places[i]]
        away = to - edges[i]
        for k in range(edges[i], edges[i + 1]):
            out[k + away] = values[k]
