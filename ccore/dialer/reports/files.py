"""Reports of campaigns as files: CSV that no spreadsheet takes for a formula, and a workbook."""

import io
from collections.abc import Sequence

from ccore import workbooks
from ccore.dialer.reports.tables import Table


def as_csv(tables: Sequence[Table]) -> bytes:
    """One table after the other, each row with its table's name first, each table with its heads."""
    file = io.BytesIO()
    writing = workbooks.written_to(file, "csv")
    for table in tables:
        writing.begin(table.name, ["table", *table.heads])
        writing.add([table.name, *row] for row in table.rows)
    writing.close()
    return file.getvalue()


def as_xlsx(tables: Sequence[Table]) -> bytes:
    """A sheet for each table: numbers as numbers, text as text whatever it begins with."""
    file = io.BytesIO()
    writing = workbooks.written_to(file, "xlsx")
    for table in tables:
        writing.begin(table.name, table.heads)
        writing.add(table.rows)
    writing.close()
    return file.getvalue()
