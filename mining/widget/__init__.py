"""The blueprint to click on in a notebook: deviations, cases, filters, and the allow-list with reason and approver."""

from mining.widget.view import BlueprintView, blueprint_view

__all__ = ["BlueprintView", "blueprint_view"]
