"""A group of cases beside the rest, in all cases, in the part that is searched, and in the part held out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mining.causes.ratios import attributable_share, excess, ratio_interval, risk_ratio, side
from mining.suppression import K

HOLDS, DOES_NOT, TOO_FEW, NOT_FOUND = "holds", "does not hold", "too few", "not found"


def held_out(case_ids: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Whether each case is held out: by a keyed hash of its id (SipHash), so that it does not hang on the other cases.

    Examples
    --------
    >>> held_out(np.array(["a", "b", "c", "d", "e"], object), 0.5).tolist() == held_out(np.array(list("abcde"), object), 0.5).tolist()
    True
    """
    key = f"{seed % 10**16:016d}"
    hashed = pd.util.hash_array(np.asarray([str(x) for x in case_ids], object), hash_key=key, categorize=False)
    return np.asarray((hashed >> np.uint64(11)).astype(np.float64) / 2.0**53 < share)


def compared(mine: np.ndarray, known: np.ndarray) -> pd.DataFrame:
    """The columns of all judged cases: counts of a group and of the cases it is compared with."""
    n, k = mine[:, 0], mine[:, 1]
    rest_n, rest_k = known[:, 0] - n, known[:, 1] - k
    low, high = ratio_interval(k, n, rest_k, rest_n)
    return pd.DataFrame(
        {
            "n": n,
            "deviating": k,
            "rate": k / n,
            "rest_n": rest_n,
            "rest_deviating": rest_k,
            "rest_rate": rest_k / rest_n,
            "rr": risk_ratio(k, n, rest_k, rest_n),
            "low": low,
            "high": high,
            "excess": excess(k, n, known[:, 1], known[:, 0]),
            "paf": attributable_share(rest_k, rest_n, known[:, 1], known[:, 0]),
        }
    )


def in_parts(frame: pd.DataFrame, mine: np.ndarray, whole: np.ndarray) -> pd.DataFrame:
    """The ratio against the rest of ``whole`` in the searched and the held-out part, and whether the second bears out the first."""
    found, held = (mine[:, 2:], whole[:, 2:]), (mine[:, :2] - mine[:, 2:], whole[:, :2] - whole[:, 2:])
    for name, ends, (own, all_) in (("found", "found", found), ("held_out", "held", held)):
        n, k = own[:, 0], own[:, 1]
        rest_n, rest_k = all_[:, 0] - n, all_[:, 1] - k
        enough = (n >= K) & (rest_n >= K)
        low, high = ratio_interval(k, n, rest_k, rest_n)
        frame[name] = np.where(enough, risk_ratio(k, n, rest_k, rest_n), np.nan)
        frame[f"{ends}_low"], frame[f"{ends}_high"] = np.where(enough, low, np.nan), np.where(enough, high, np.nan)
    frame["held_n"] = np.where(held[0][:, 0] >= K, held[0][:, 0], -1)
    frame["held_n"] = frame["held_n"].astype("Int64").mask(frame["held_n"] < 0)
    frame["verdict"] = verdicts(
        *(frame[x].to_numpy(float) for x in ("found", "found_low", "found_high", "held_low", "held_high"))
    )
    return frame


def verdicts(
    found: np.ndarray, found_low: np.ndarray, found_high: np.ndarray, held_low: np.ndarray, held_high: np.ndarray
) -> np.ndarray:
    """Whether a ratio that was found is borne out by other cases.

    ``holds``: their interval lies on the same side of 1. ``does not hold``: it does not, and leaves out the ratio that was found.
    ``too few``: it holds both 1 and that ratio, or there is none. ``not found``: the first interval holds 1.

    Examples
    --------
    >>> found = np.array([2.0, 2.0, 2.0]), np.array([1.5, 1.5, 0.9]), np.array([3.0, 3.0, 3.0])
    >>> verdicts(*found, np.array([1.2, 0.8, 1.2]), np.array([4.0, 1.5, 4.0])).tolist()
    ['holds', 'does not hold', 'not found']
    """
    first, second = side(found_low, found_high), side(held_low, held_high)
    beside = (found < held_low) | (found > held_high)
    kinds = [first == 0, first == second, (second == -first) | beside]
    return np.select(kinds, [NOT_FOUND, HOLDS, DOES_NOT], TOO_FEW).astype(object)
