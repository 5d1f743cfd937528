"""Questions over a log on Spark: the same kernels, each asked of whole cases on the workers.

Spark repartitions the rows of a store by case, sorts them inside the partitions and hands them over as Arrow batches; a batch may end in
the middle of a case, so the tail of one is carried into the next. Needs the extra ``spark``; `docs/spark.md` says how to set it up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError
from mining.flow.kernel import Kernel, Parameters, Partial, pack, unpack
from mining.log.store import LogStore
from mining.log.stored import COLUMN
from mining.ways import Log, merged, stored

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

INSTANCES = 1_000_000  # in a partition
ANSWER = pa.schema([("first", pa.string()), ("n", pa.int64()), ("payload", pa.binary())])


@dataclass(frozen=True)
class Spark:
    """Pieces on the workers of a Spark session.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        Of Spark 4, local, on a cluster, or through Spark Connect.
    partitions : int or None
        Into how many the log is divided. None: as many as hold a million activity instances each.
    path : str or None
        Where the workers find the store, if that is another place than where this process opened it, such as ``s3a://...``.
    """

    session: SparkSession
    partitions: int | None = None
    path: str | None = None

    def map(self, kernel: Kernel, log: Log, **parameters: Any) -> Partial:
        """The merged answer of the kernel over all cases.

        Raises
        ------
        LogError
            If the log is no store, or the workers did not see all of its instances.
        """
        store = stored(log, "Spark")
        from pyspark.sql.functions import expr

        n = self.partitions or max(ceil(store.facts.n_instances / INSTANCES), 1)
        rows = self.session.read.parquet(self.path or str(store.path))
        short = {name: f"c{i}" for i, name in enumerate(rows.columns)}  # a point in a name means another thing to Spark
        kept = [name for name in rows.columns if not name.startswith(COLUMN)]  # no kernel reads the others
        moment = f"coalesce({short['end']}, {short['start']})"  # by which instances are ordered; among equal ones the row decides
        divided = rows.toDF(*short.values()).select(*map(short.__getitem__, kept)).repartitionByRange(n, short["case"])
        in_order = divided.sortWithinPartitions(short["case"], expr(moment), short["row"])
        mapper = asked(kernel, store, parameters, kept)
        answers = in_order.mapInArrow(mapper, "first string, n long, payload binary").toArrow()
        if (seen := sum(answers["n"].to_pylist())) != store.facts.n_instances:
            raise LogError(
                f"{kernel.name}: the workers saw {seen:,} activity instances of {store.facts.n_instances:,}. "
                f"Does {self.path or store.path} on the workers hold the same file as {store.path}?"
            )
        first = answers["first"].to_pylist()
        order = sorted(range(len(first)), key=first.__getitem__)  # case ids stand in this order in the log
        return merged(kernel, (unpack(answers["payload"][k].as_py()) for k in order))


Mapper = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def asked(kernel: Kernel, store: LogStore, parameters: Parameters, columns: list[str], most: int = INSTANCES) -> Mapper:
    """The function that Spark runs on a partition: rows of the store in, one row per piece out, with the id of its first case.

    ``columns`` are the names that the columns of the rows have in the store.
    """

    def mapper(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        named = (pa.RecordBatch.from_arrays(batch.columns, names=columns) for batch in batches)
        for table in whole_cases(named, most):
            piece = store.of_table(table)
            found = [piece.case_ids[:1].tolist(), [piece.n_instances], [pack(kernel.run(piece, parameters))]]
            yield pa.record_batch([pa.array(c, t) for c, t in zip(found, ANSWER.types, strict=True)], schema=ANSWER)

    return mapper


def whole_cases(batches: Iterable[pa.RecordBatch], most: int = INSTANCES) -> Iterator[pa.Table]:
    """Rows that are sorted by case, in tables of whole cases; no more than needed are held.

    Parameters
    ----------
    batches : iterable of RecordBatch
        With a column ``case``, text. They may be empty, and cut cases in two.
    most : int
        Rows from which on a table is handed over.

    Raises
    ------
    LogError
        If the rows are not sorted by case.

    Examples
    --------
    >>> batches = [pa.record_batch({"case": x}) for x in (["a", "a", "b"], ["b", "b"], ["c"])]
    >>> [table["case"].to_pylist() for table in whole_cases(batches, 3)]
    [['a', 'a'], ['b', 'b', 'b', 'c']]
    """
    held: list[pa.RecordBatch] = []
    n, wanted = 0, most
    for batch in batches:
        if not batch.num_rows:
            continue
        held.append(batch)
        n += batch.num_rows
        if n < wanted:
            continue
        table = _checked(held)
        cut = pc.index(table["case"], table["case"][-1]).as_py()
        if cut:
            yield table.slice(0, cut)
        held = table.slice(cut).to_batches()
        n -= cut
        wanted = max(most, 2 * n)  # a case that is larger than a table is not looked through at every batch
    if held:
        yield _checked(held)


def _checked(held: list[pa.RecordBatch]) -> pa.Table:
    table = pa.Table.from_batches(held)
    case = table["case"]
    if pc.any(pc.less(case.slice(1), case.slice(0, len(case) - 1))).as_py():
        raise LogError(
            "Rows of a partition are not sorted by case, so that cases would be taken apart. If nothing but this module touched the "
            "rows, the store and what the workers read are not the same file."
        )
    return table
