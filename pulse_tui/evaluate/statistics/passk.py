"""pass@k: the chance that at least one of k tries is right, from n >= k tries, without bias."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pulse_tui.evaluate.inputs import Unusable


def pass_at_k(right: ArrayLike, tries: ArrayLike, k: int) -> NDArray[np.float64]:
    """1 - C(n - c, k) / C(n, k) of each item, shape (items,), for c right of n tries (Chen et al. 2021, 2107.03374).

    The plug-in 1 - (1 - c/n)^k is too low; this is the share of all choices of k tries that hold a right one.

    :raises Unusable: when an item has fewer tries than k, or more right ones than tries
    """
    c, n = np.atleast_1d(np.asarray(right, np.int64)), np.atleast_1d(np.asarray(tries, np.int64))
    c, n = np.broadcast_arrays(c, n)
    if k < 1:
        raise Unusable(f"pass@{k} does not exist", todo="k is at least 1")
    if (n < k).any():
        at = int(np.argmax(n < k))
        raise Unusable(f"item {at} has {n[at]} tries: pass@{k} needs {k}", todo="Run more repeats or lower k")
    if ((c < 0) | (c > n)).any():
        at = int(np.argmax((c < 0) | (c > n)))
        raise Unusable(f"item {at} has {c[at]} right of {n[at]} tries")
    steps = np.arange(k)
    wrong = np.maximum((n - c)[:, None] - steps, 0) / (n[:, None] - steps)
    out: NDArray[np.float64] = 1.0 - wrong.prod(axis=1)
    return out
