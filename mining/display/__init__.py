"""How results show themselves in a notebook: the language, tables that sort and filter, what every column means."""

from mining.display.language import show_in, shown_in

__all__ = ["show_in", "shown_in"]
