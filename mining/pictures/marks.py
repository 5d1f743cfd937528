"""What an overlay says about one activity, and how strong it looks."""

from __future__ import annotations

from dataclasses import dataclass

from mining.blueprint.model import SEVERITIES
from mining.errors import MiningError, UnknownNameError

# Upper ends of the classes of the share of cases, and a fill each: light to dark, so it survives a grey printer.
SHARE_STEPS = (0.01, 0.05, 0.10, 0.25, 0.50, 1.0)
SHARE_FILLS = ("#fff7ec", "#fee0b6", "#fdbb6f", "#f58a3c", "#c8501c", "#7f2704")
BORDER = {"critical": 4.5, "major": 3.2, "minor": 2.2, "observation": 1.2}
PLAIN_BORDER = 1.2


@dataclass(frozen=True)
class Mark:
    """Cases with a deviation at an activity.

    Attributes
    ----------
    n, n_all : int
        Cases with a deviation there, and all cases looked at.
    label : str
        A few words drawn under the count.
    severity : {"critical", "major", "minor", "observation"} or None
        The worst severity; drawn as the thickness of the border.
    late_share : float or None
        Share of cases late there, 0-1.
    """

    n: int
    n_all: int
    label: str = ""
    severity: str | None = None
    late_share: float | None = None

    def __post_init__(self) -> None:
        if self.severity is not None and self.severity not in SEVERITIES:
            raise UnknownNameError("severity", self.severity, SEVERITIES)
        if not 0 <= self.n <= self.n_all:
            raise MiningError(f"A mark of {self.n} cases of {self.n_all}: the first must lie between 0 and the second.")
        if self.late_share is not None and not 0 <= self.late_share <= 1:  # so is NaN, which is below and above nothing
            raise MiningError(
                f"A mark with a share of {self.late_share} late cases: a share lies between 0 and 1; None where it is not known."
            )

    @property
    def share(self) -> float | None:
        """Share of cases with a deviation, 0-1; None without cases."""
        return self.n / self.n_all if self.n_all else None


def percent(share: float | None) -> str:
    """A share as text: one decimal below ten percent, never "0%" for something or "100%" for less than all."""
    if share is None:
        return "–"
    if share == 0 or share == 1:
        return f"{share:.0%}"
    if share < 0.001:
        return "<0.1%"
    if share > 0.999:
        return ">99.9%"
    return f"{share:.1%}" if share < 0.0995 or share > 0.99 else f"{share:.0%}"


def fills(mark: Mark) -> tuple[str, str]:
    """Ground and ink of a mark's strip."""
    if not mark.n:
        return "#ffffff", "#1e293b"
    share = mark.share or 0.0
    step = next(i for i, top in enumerate(SHARE_STEPS) if share <= top)
    return SHARE_FILLS[step], "#ffffff" if step >= 4 else "#1e293b"


def border(mark: Mark | None) -> float:
    """Border thickness in pixels: the severity of the worst deviation."""
    return BORDER[mark.severity] if mark and mark.severity else PLAIN_BORDER


def step_labels() -> list[str]:
    """Text of each class of the scale."""
    lows = (0.0, *SHARE_STEPS[:-1])
    return [f"≤{high:.0%}" if not low else f"{low:.0%}–{high:.0%}" for low, high in zip(lows, SHARE_STEPS, strict=True)]
