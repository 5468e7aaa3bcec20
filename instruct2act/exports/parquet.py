"""Tables as Parquet files, written part by part."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skills.errors import Mistake


class Table:
    """A file that takes rows as columns. Its schema is that of the first rows; (N, D) arrays are lists of D.

    Raises:
        Mistake: the extra ``export`` is not installed.
    """

    def __init__(self, path: Path, metadata: Mapping[bytes, bytes] | None = None) -> None:
        try:
            import pyarrow
            import pyarrow.parquet as parquet
        except ImportError:
            raise Mistake("this needs pyarrow: pip install 'instruct2act[export]'") from None
        self._pa: Any = pyarrow
        self._parquet: Any = parquet
        self._path, self._metadata = path, metadata
        self._writer: Any = None

    def add(self, columns: Mapping[str, Any]) -> Table:
        """Adds rows; itself."""
        table = self._pa.table({name: self._array(values) for name, values in columns.items()})
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._metadata:
                table = table.replace_schema_metadata(self._metadata)
            self._writer = self._parquet.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))
        return self

    def close(self) -> None:
        """Ends the file."""
        if self._writer is not None:
            self._writer.close()

    def _array(self, values: Any) -> Any:
        if isinstance(values, np.ndarray) and values.ndim == 2:
            flat = self._pa.array(values.ravel())
            return self._pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
        return self._pa.array(values)


def pandas_index(index: str, *columns: str) -> dict[bytes, bytes]:
    """Schema metadata by which pandas takes a text column for the index of whole numbers."""

    def told(name: str, kind: str, dtype: str) -> dict[str, Any]:
        return {"name": name, "field_name": name, "pandas_type": kind, "numpy_type": dtype, "metadata": None}

    names: Sequence[Mapping[str, Any]] = [*(told(name, "int64", "int64") for name in columns)]
    known = {
        "index_columns": [index],
        "column_indexes": [{**told("", "unicode", "object"), "name": None, "field_name": None}],
        "columns": [*names, told(index, "unicode", "object")],
        "pandas_version": "2.0.0",
    }
    return {b"pandas": json.dumps(known).encode()}
