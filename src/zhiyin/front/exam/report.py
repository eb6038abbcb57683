"""One row of an exam's table: what was measured, on what, by which metric, over how many cases."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of an exam. `value` is a fraction 0–1 unless the metric's name carries a unit."""

    set: str  # the data set, with its part where it has parts: "xquad_zh_en zh→en"
    metric: str  # "recall@5", "lies caught"
    system: str  # what was measured: "hybrid", "bm25", "extractive", "gate"
    value: float
    n: int  # cases behind the value

    def as_dict(self) -> dict[str, str | float | int]:
        """Return the row as JSON wants it."""
        return asdict(self)


def table(rows: Sequence[Row]) -> str:
    """Set rows as one text table, in their order."""
    head = ("set", "metric", "system", "value", "n")
    cells = [head, *((row.set, row.metric, row.system, f"{row.value:.3f}", str(row.n)) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column > 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    )
