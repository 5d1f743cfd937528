"""Charts on matplotlib axes, drawn with seaborn: they lay out numbers that others computed."""

from mining.plots.base import axes_for, closed_svg, register_fonts, to_svg
from mining.plots.findings import findings_chart, judged_standards, standards_chart

__all__ = [
    "axes_for",
    "closed_svg",
    "findings_chart",
    "judged_standards",
    "register_fonts",
    "standards_chart",
    "to_svg",
]
