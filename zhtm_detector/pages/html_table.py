"""A data table as an HTML table that can be sorted by each column and copied."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from zhtm_detector.common.tables import DataTable
from zhtm_detector.pages.shell import text_html


def table_html(table: DataTable, key: str, links: Mapping[str, str] | None = None, marked: int | None = None) -> str:
    """Write a table as HTML.

    Parameters
    ----------
    table : DataTable
    key : str
        Its id in the page.
    links : mapping of str to str, optional
        Texts of the first column to addresses.
    marked : int, optional
        Row to highlight.

    Notes
    -----
    Sorting and copying use a cell's `data-value`, the whole value; the text is rounded.
    """
    numeric = table.numeric()
    heads = "".join(
        f'<th scope="col" class="{"number" if number else "text"}"><button type="button">{text_html(column.title)}'
        "</button></th>"
        for column, number in zip(table.columns, numeric, strict=True)
    )
    rows = []
    for number, (values, texts) in enumerate(zip(table.rows, table.texts(), strict=True)):
        shown = [text_html(text) for text in texts]
        if links and (link := links.get(str(values[0]))):
            broken = shown[0].replace("/", "/<wbr>").replace("_", "_<wbr>")  # where a name may break in a narrow window
            shown[0] = f'<a href="{escape(link)}">{broken}</a>'
        cells = "".join(
            f'<td class="{"number" if is_number else "text"}" data-value="{_whole(value)}">{text}</td>'
            for value, text, is_number in zip(values, shown, numeric, strict=True)
        )
        rows.append(f'<tr aria-current="true">{cells}</tr>' if number == marked else f"<tr>{cells}</tr>")
    notes = "".join(f"<p class='note'>{text_html(note)}</p>" for note in table.notes)
    return (
        f'<div class="table" id="{key}"><div class="tools"><strong>{text_html(table.title)}</strong>'
        '<button type="button" class="copy">Copy</button></div>'
        f'<div class="scroll"><table class="sortable"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{notes}</div>"
    )


def _whole(value: object) -> str:
    return "" if value is None or value != value else escape(str(value))
