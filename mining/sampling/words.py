"""What reviewers write in a cell, and what it means."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from mining.errors import LogError, hint

CONFIRMED, NOT_CONFIRMED, NOT_FOUND = RESULTS = ("confirmed", "not_confirmed", "not_found")
MEANT = {
    CONFIRMED: "confirmed|yes|y|true|correct|是|确认|已确认|证实|属实|符合|一致|√|✓|✔",
    NOT_CONFIRMED: "notconfirmed|no|n|false|incorrect|refuted|否|不确认|未确认|未证实|不属实|不符合|不符|不一致|×|✗|✘",
    NOT_FOUND: "notfound|notavailable|missing|sourcemissing|nosource|nosourcefound|未找到|找不到|缺失|无记录|未找到原始记录|无原始记录",
}


def folded(word: str) -> str:
    """A word without case, width, blanks, hyphens, underscores and brackets."""
    return re.sub(r"[\s\-_（）()]+", "", unicodedata.normalize("NFKC", word).casefold())


_RESULTS = {folded(word): code for code, words in MEANT.items() for word in words.split("|")}


def result_in(text: str) -> str:
    """The result that a word means; blank for a blank.

    Raises
    ------
    LogError
        For another word.

    Examples
    --------
    >>> [result_in(x) for x in ("Yes", "不确认", "not found", "")]
    ['confirmed', 'not_confirmed', 'not_found', '']
    """
    if not text.strip():
        return ""
    word = folded(text)
    if word not in _RESULTS:
        near = hint(text, ("yes", "no", *RESULTS, "是", "否", "未找到"))
        raise LogError(
            f"{text!r} is no result.{near} Leave the cell blank where nothing was reviewed; remarks belong into note."
        )
    return _RESULTS[word]


def amount_in(text: str) -> float:
    """An amount with a point; missing (NaN) for a blank.

    Raises
    ------
    LogError
    """
    try:
        value = float(text) if text else np.nan
    except ValueError:
        value = np.inf
    if np.isinf(value) or "_" in text or (text and np.isnan(value)):
        raise LogError(f"{text!r} is not an amount. Write it as 1234.50, without a currency.")
    return value
