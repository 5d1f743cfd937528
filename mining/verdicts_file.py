"""The verdict of every case in every check as a Parquet file, written some cases at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mining.conformance.verdicts import VERDICTS
from mining.study import Study

ROWS_TOGETHER = 2**20  # of a row group


def write_verdicts(study: Study, path: Path) -> None:
    """Write ``study.verdicts()``; all row groups have the same words in the same order."""
    tables = _verdict_tables(study)
    first = next(tables)
    with pq.ParquetWriter(path, first.schema) as file:
        for table in chain([first], tables):
            file.write_table(table, row_group_size=len(table))


def _verdict_tables(study: Study) -> Iterator[pa.Table]:
    checks, n = study.checks, study.instances.n_cases
    k, nets, ids = len(checks), [study.net(c) for c in checks], pa.array(study.log.case_ids, pa.string())
    step = max(1, ROWS_TOGETHER // k)
    for first in range(0, n, step):
        cases = slice(first, min(first + step, n))
        m = cases.stop - first

        def of_checks(names: list[str], m: int = m) -> pa.DictionaryArray:
            kinds = list(dict.fromkeys(names))
            return _words(np.tile([kinds.index(x) for x in names], m), kinds)

        def of_cases(arrays: Iterable[np.ndarray], cases: slice = cases) -> np.ndarray:
            return np.stack([array[cases] for array in arrays], axis=1).ravel()

        columns = {
            "case_id": ids.slice(first, m).take(pa.array(np.repeat(np.arange(m), k))),
            "check": of_checks([c.id for c in checks]),
            "dimension": of_checks([c.dimension for c in checks]),
            "verdict": _words(of_cases(nets), VERDICTS),
            "gross": _words(of_cases(c.verdict for c in checks), VERDICTS),
            "measured": pa.array(of_cases(c.measured for c in checks), from_pandas=True),
            "limit": pa.array(np.tile([c.limit for c in checks], m), from_pandas=True),
            "unit": of_checks([c.unit for c in checks]),
        }
        yield pa.table(columns)


def _words(codes: np.ndarray, words: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words, pa.string()))
