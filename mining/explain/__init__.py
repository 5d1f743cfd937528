"""One case against its blueprint: a picture, a sentence and a table of every check, with the rows of the source that decide it."""

from mining.explain.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
