"""What goes with a deviation: attribute levels and pairs, with risk ratio, excess cases, interval and a holdout."""
