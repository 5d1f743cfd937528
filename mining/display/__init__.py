"""How results show themselves in a notebook: the language, tables that sort and filter, what every column means."""

from mining.display.definitions import head_of, meaning_of, title_of, word_of
from mining.display.language import show_in, shown_in
from mining.display.missing import NotMeasured

__all__ = ["NotMeasured", "head_of", "meaning_of", "show_in", "shown_in", "title_of", "word_of"]
