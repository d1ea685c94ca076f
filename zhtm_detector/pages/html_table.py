"""A table of data as a real table of a page: it can be sorted by each column, and copied."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from zhtm_detector.common.tables import DataTable


def table_html(table: DataTable, key: str, links: Mapping[str, str] | None = None) -> str:
    """Lay a table out in HTML.

    Parameters
    ----------
    table : DataTable
    key : str
        Its id in the page.
    links : mapping of str to str, optional
        Texts of the first column to addresses.

    Notes
    -----
    A cell keeps its whole value in `data-value`, which sorting and copying use: the page shows rounded numbers.
    """
    numeric = table.numeric()
    heads = "".join(
        f'<th scope="col" class="{"number" if number else "text"}"><button type="button">{escape(column.title)}'
        "</button></th>"
        for column, number in zip(table.columns, numeric, strict=True)
    )
    rows = []
    for values, texts in zip(table.rows, table.texts(), strict=True):
        shown = [escape(text) for text in texts]
        if links and texts[0] in links:
            broken = shown[0].replace("/", "/<wbr>").replace("_", "_<wbr>")  # where a narrow window may break a name
            shown[0] = f'<a href="{escape(links[texts[0]])}">{broken}</a>'
        cells = "".join(
            f'<td class="{"number" if number else "text"}" data-value="{_whole(value)}">{text}</td>'
            for value, text, number in zip(values, shown, numeric, strict=True)
        )
        rows.append(f"<tr>{cells}</tr>")
    notes = "".join(f"<p class='note'>{escape(note)}</p>" for note in table.notes)
    return (
        f'<div class="table" id="{key}"><div class="tools"><strong>{escape(table.title)}</strong>'
        '<button type="button" class="copy">Copy</button></div>'
        f'<div class="scroll"><table class="sortable"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{notes}</div>"
    )


def _whole(value: object) -> str:
    return "" if value is None or value != value else escape(str(value))
