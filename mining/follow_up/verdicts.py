"""Did an action do what it promised: the verdict from an interval, and whether what it did has lasted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mining.follow_up.change import Estimate

ACHIEVED, PARTLY, NOT, CANNOT_TELL, FADED = VERDICTS = ("achieved", "partly", "not", "cannot_tell", "faded")
SHOWN = (ACHIEVED, PARTLY)


def verdict_of(effect: Estimate, predicted: float) -> str:
    """The verdict on an effect, from its 95 % interval and the predicted effect (target - baseline). Of the interval, in that direction:

    - ``achieved``: all of it is at least half of what was predicted, and it reaches what was predicted;
    - ``partly``: all of it is better than nothing, and yet it is not achieved;
    - ``not``: it holds no effect, or a wrong one, and does not reach what was predicted;
    - ``cannot_tell``: it holds both no effect and what was predicted; or there is no interval, or nothing was predicted.

    Where nothing changed, 2.5 % of intervals are all better than nothing at most, so no more can be called achieved.

    Examples
    --------
    >>> verdict_of(Estimate(-8, -10, -6), -9), verdict_of(Estimate(-4, -6, -2), -9), verdict_of(Estimate(-1, -3, 1), -9)
    ('achieved', 'partly', 'not')
    >>> verdict_of(Estimate(-4, -10, 2), -9), verdict_of(Estimate(-12, -14, -10), -9), verdict_of(Estimate(4, 2, 6), -9)
    ('cannot_tell', 'achieved', 'not')
    """
    if not np.isfinite([effect.low, effect.high, predicted]).all() or predicted == 0:
        return CANNOT_TELL
    sign = np.sign(predicted)
    least, most = sorted((sign * effect.low, sign * effect.high))
    wanted = abs(predicted)
    if least > 0:
        return ACHIEVED if least >= wanted / 2 and most >= wanted else PARTLY
    return NOT if most < wanted else CANNOT_TELL


def with_fading(verdicts: Sequence[str]) -> list[str]:
    """Verdicts of checks in order of time: *not* becomes *faded* where an effect was shown before.

    Examples
    --------
    >>> with_fading(["achieved", "cannot_tell", "not"]), with_fading(["not", "partly"])
    (['achieved', 'cannot_tell', 'faded'], ['not', 'partly'])
    """
    return [
        FADED if verdict == NOT and any(earlier in SHOWN for earlier in verdicts[:i]) else verdict
        for i, verdict in enumerate(verdicts)
    ]


def status_of(effect: Estimate, predicted: float, checks: Sequence[str]) -> str:
    """Where an action stands: the verdict of the latest check that tells one, unless the whole time after contradicts it.

    A check sees a few periods, in which chance alone may look like an effect. So it may say better than the whole time after only where
    the interval of the whole reaches what was predicted; where it does not, the verdict of the whole stands. A check that says no better
    always stands, ``not`` and ``faded`` among them: an effect that is gone is gone, whatever the mean over the whole says.

    Parameters
    ----------
    effect : Estimate
        Over the whole time after.
    predicted : float
        target - baseline.
    checks : sequence of str
        Verdicts of the checks in order of time, as :func:`with_fading` gives them.

    Examples
    --------
    >>> status_of(Estimate(-6, -8, -4), -10, ["achieved", "faded", "cannot_tell"]), status_of(Estimate(-6, -8, -4), -10, ["cannot_tell"])
    ('faded', 'partly')
    >>> status_of(Estimate(-0.1, -3.5, 3.3), -10, ["partly"]), status_of(Estimate(-6, -11, -1), -10, ["achieved"])
    ('not', 'achieved')
    """
    whole = verdict_of(effect, predicted)
    told = [verdict for verdict in checks if verdict != CANNOT_TELL]
    if not told:
        return whole
    better = told[-1] == ACHIEVED or (told[-1] == PARTLY and whole != ACHIEVED)
    most = max(np.sign(predicted) * effect.low, np.sign(predicted) * effect.high)
    return whole if better and most < abs(predicted) else told[-1]
