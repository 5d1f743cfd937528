"""Small groups of people are hidden, and with them as many others as it takes that the total does not give them away."""

from __future__ import annotations

import numpy as np

K = 5  # smallest group that is shown


def hidden(
    sizes: np.ndarray, k: int = K, *, already: np.ndarray | None = None, failed: np.ndarray | None = None
) -> np.ndarray:
    """Which groups of a table with a total must be hidden.

    A group with fewer than ``k`` members is hidden; an empty one tells nothing and is not. What is hidden could be found as the total
    less what is shown: so while only one group with members is hidden, or all that are hidden have fewer than ``k`` together, the next
    smallest is hidden too, of equals the last one first. A total of fewer than ``k`` is for the caller to hide.

    Parameters
    ----------
    sizes : int array of shape (n_groups,)
        Members of each group; together they are the total.
    k : int
    already : bool array of shape (n_groups,), optional
        Groups that are hidden for another reason.
    failed : int array of shape (n_groups,), optional
        Members of each that failed. While all members of all that is hidden failed, so that each of them is known to have, the next
        smallest is hidden too. That none failed is not kept from anybody.

    Returns
    -------
    bool array of shape (n_groups,)

    Examples
    --------
    >>> hidden(np.array([40, 4, 9, 12])).tolist()
    [False, True, True, False]
    >>> hidden(np.array([1, 2, 30, 8])).tolist()
    [True, True, False, True]
    >>> hidden(np.array([5, 0])).tolist()
    [False, False]
    >>> hidden(np.array([20, 4, 9, 12]), failed=np.array([0, 4, 9, 0])).tolist()
    [False, True, True, True]
    """
    sizes = np.asarray(sizes)
    found = (sizes > 0) & (sizes < k)
    if already is not None:
        found |= already
    shown = np.flatnonzero(~found & (sizes > 0))
    for i in shown[np.lexsort((-shown, sizes[shown]))].tolist():
        members = sizes[found & (sizes > 0)]
        all_failed = failed is not None and bool(failed[found].sum() == members.sum())
        if not len(members) or (len(members) > 1 and members.sum() >= k and not all_failed):
            break
        found[i] = True
    return found
