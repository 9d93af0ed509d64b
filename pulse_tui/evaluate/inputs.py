"""Input numbers, validated and converted, or refused with what is wrong and where."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.text import clean

_LARGEST = 1e100
"""Squares of larger numbers overflow a float."""


class Unusable(PulseError):
    """Numbers that cannot be judged: reported with the position of the first one."""


def numbers(values: object, name: str, *, bounds: tuple[float, float] = (-math.inf, math.inf)) -> NDArray[np.float64]:
    """A list of finite numbers (or booleans) within ``bounds`` as an array of shape (n,), n >= 1.

    :raises Unusable: naming the first position that is not a number, missing, not finite, or out of bounds
    """
    if isinstance(values, np.ndarray):
        array = values
    elif isinstance(values, (list, tuple)):
        array = _array(values, name)
    else:
        raise Unusable(f"{name} is {_kind(values)}, not a list of numbers")
    if array.size == 0:
        raise Unusable(f"{name} is empty", todo="Give at least one item")
    if array.ndim != 1 or array.dtype.kind not in "fiub":
        raise Unusable(_odd(values, name))
    array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        raise Unusable(_odd(values, name))
    if float(np.abs(array).max()) > _LARGEST:
        at = int(np.argmax(np.abs(array)))
        raise Unusable(f"{name}[{at}] is {array[at]:g}: too large to calculate with", todo="Check the unit")
    low, high = bounds
    if float(array.min()) < low or float(array.max()) > high:
        at = int(np.argmax((array < low) | (array > high)))
        allowed = "negative" if high == math.inf else f"outside {low:g} to {high:g}"
        raise Unusable(f"{name}[{at}] is {array[at]:g}: {allowed}", todo="Check the metric and its unit")
    return array


def _array(values: Sequence[object], name: str) -> NDArray[np.float64]:
    try:
        return np.asarray(values)
    except (ValueError, OverflowError):
        raise Unusable(_odd(values, name)) from None


def _odd(values: object, name: str) -> str:
    """What is wrong with the first value that is not a finite number, and how many there are."""
    plain = np.ravel(values).tolist() if isinstance(values, np.ndarray) else list(values)  # type: ignore[call-overload]
    bad = [i for i, v in enumerate(plain) if not _fine(v)]
    if not bad:
        return f"{name} has no plain numbers"
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"{name}[{bad[0]}] is {_kind(plain[bad[0]])}{more}"


def _fine(value: object) -> bool:
    try:
        return isinstance(value, (bool, int, float)) and math.isfinite(value)
    except OverflowError:
        return False


def _kind(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else f"{value:g}"
    if isinstance(value, str):
        return f"the text {clean(value, 30)!r}"
    if isinstance(value, (list, tuple, np.ndarray)):
        return "a list"
    return "an object" if isinstance(value, dict) else "too large" if isinstance(value, int) else type(value).__name__


def paired(
    base: object, cand: object, *, bounds: tuple[float, float] = (-math.inf, math.inf)
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sides, paired by position.

    :raises Unusable: when either is not usable or they are not equally long
    """
    left, right = numbers(base, "base", bounds=bounds), numbers(cand, "cand", bounds=bounds)
    if left.size != right.size:
        raise Unusable(f"base has {left.size} items and cand {right.size}", todo="Items are paired by position")
    return left, right


def margin_of(value: object, scale: float | None) -> float:
    """A margin in the metric's unit: finite, not negative, and smaller than the scale.

    :raises Unusable: a margin as long as the whole scale would pass anything
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _fine(value):
        raise Unusable(f"margin is {_kind(value)}, not a number", todo="Give the loss still accepted, like 0.02")
    if value < 0:
        raise Unusable(f"margin is {value:g}: negative", todo="Give the loss still accepted, like 0.02")
    if scale is not None and value >= scale:
        raise Unusable(
            f"margin {value:g} is the whole scale of {scale:g} and would pass anything",
            todo=f"Percentage points are hundredths here: did you mean {value / 100:g}?",
        )
    return float(value)


def labels(values: object, n: int) -> list[str | int | float | bool]:
    """Cluster labels, one an item.

    :raises Unusable: for a wrong length or a label that is missing or not a plain value
    """
    if not isinstance(values, (list, tuple)):
        raise Unusable(f"cluster is {_kind(values)}, not a list of labels")
    if len(values) != n:
        raise Unusable(f"cluster has {len(values)} labels for {n} items", todo="Give one label an item")
    for at, value in enumerate(values):
        if not isinstance(value, (str, int, float)) or value != value:  # noqa: PLR0124  NaN is not itself
            raise Unusable(f"cluster[{at}] is {_kind(value)}", todo="Give every item a label")
    return list(values)


def positive(value: object, name: str) -> float:
    """A finite number above zero.

    :raises Unusable: for anything else
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _fine(value) or value <= 0:
        shown = f"{value:g}" if isinstance(value, (int, float)) and _fine(value) else _kind(value)
        raise Unusable(f"{name} is {shown}, not a number above zero")
    return float(value)
