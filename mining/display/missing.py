"""A table that was not measured: why, and what to give so that it is."""

from __future__ import annotations

from typing import Any

from mining.display.language import shown_in
from mining.texts import say


class NotMeasured:
    """Stands where a table would stand if it had been measured, and says why it was not. It counts as false.

    Parameters
    ----------
    key : str
        Key of a sentence of the catalogue of texts: what is not measured, why, and which parameter or file to give.
    **values
        What is filled into the sentence.

    Examples
    --------
    >>> NotMeasured("display.needs", table="effects", parameter="SURVEY")
    Not measured: effects. Give SURVEY to measure it.
    >>> bool(NotMeasured("display.needs", table="effects", parameter="SURVEY"))
    False
    """

    def __init__(self, key: str, **values: Any) -> None:
        self.key, self.values = key, values
        self.sentence("en"), self.sentence("zh")  # a wrong key or a missing value fails where it is written

    def sentence(self, lang: str = "en") -> str:
        """Why there is nothing, and what to give."""
        return say(self.key, lang, **self.values)

    def plot(self, *given: Any, lang: str | None = None, **named: Any) -> NotMeasured:
        """The same words in place of a chart, whatever the chart would have been asked for."""
        return self

    @property
    def picture(self) -> NotMeasured:
        """The same words in place of a picture."""
        return self

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return self.sentence(shown_in())

    def _repr_html_(self) -> str:
        from mining.display.shown import note

        return note(self.sentence(shown_in()), shown_in())
