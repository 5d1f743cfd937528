"""The notebooks of the toolkit: one source, an edition per language, run on any log."""

from mining.notebooks.edition import edition
from mining.notebooks.source import NAMES, Source, read_source

__all__ = ["NAMES", "Source", "edition", "read_source"]
