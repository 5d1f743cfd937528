"""Checks: alignments with the flow, rules, standards and allowances, over whole cases."""
