"""Workbooks are read by content, within bounds, and no cell that holds something is empty."""

import io
import zipfile

import pytest

from data import inspection_editions, ofsted, sif, workbooks
from data.panel import PanelError
from data.sheets import read_cells_of_sheet, read_sheet

MAIN = "http://schemas.openxmlformats.org"
XLSX = {
    "[Content_Types].xml": f'<Types xmlns="{MAIN}/package/2006/content-types"/>',
    "_rels/.rels": f'<Relationships xmlns="{MAIN}/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{MAIN}/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}/spreadsheetml/2006/main" '
    f'xmlns:r="{MAIN}/officeDocument/2006/relationships"><sheets>'
    '<sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{MAIN}/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{MAIN}/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
}
URN = "urn:oasis:names:tc:opendocument:xmlns"
ODS = (
    f'<office:document-content xmlns:office="{URN}:office:1.0" xmlns:table="{URN}:table:1.0" '
    f'xmlns:text="{URN}:text:1.0"><office:body><office:spreadsheet><table:table '
    'table:name="One">%s</table:table></office:spreadsheet></office:body>'
    "</office:document-content>"
)
MIME = "application/vnd.oasis.opendocument.spreadsheet"


def archive(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def xlsx(cells):
    sheet = (
        f'<worksheet xmlns="{MAIN}/spreadsheetml/2006/main"><sheetData>{cells}</sheetData>'
        "</worksheet>"
    )
    return archive({**XLSX, "xl/worksheets/sheet1.xml": sheet})


def ods(rows):
    manifest = f'<m:manifest xmlns:m="{URN}:manifest:1.0"/>'
    parts = {"mimetype": MIME, "META-INF/manifest.xml": manifest, "content.xml": ODS % rows}
    return archive(parts)


def cell(text, more=""):
    return (
        f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p>'
        "</table:table-cell>"
    )


def row(cells, more=""):
    return f"<table:table-row {more}>{cells}</table:table-row>"


INLINE = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
SMALL_XLSX = f'<row r="1">{INLINE.format("A1", " Gr\u200bade&#13; ")}<c r="B1"><v>4</v></c></row>'
SMALL_ODS = row(
    cell(" Grade  ") + '<table:table-cell office:value-type="float" office:value="4"/>'
)


@pytest.mark.parametrize("name", ["book.xlsx", "book.ods"])
@pytest.mark.parametrize("content", [xlsx(SMALL_XLSX), ods(SMALL_ODS)], ids=["xlsx", "ods"])
def test_workbooks_are_read_by_content_and_their_text_is_cleaned(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    assert read_cells_of_sheet(tmp_path, name, "One").to_numpy().tolist() == [["Grade", 4.0]]


REPEAT_ROWS = 'table:number-rows-repeated="{}"'
REPEAT_CELLS = 'table:number-columns-repeated="{}"'
HOSTILE = {
    "rows, 17,179,869,184 cells": xlsx(
        f'<row r="1048576">{INLINE.format("XFD1048576", "x")}</row>'
    ),
    "1,048,575 rows": xlsx("<row r = '1048575'><c\tr='A1048575'><v>1</v></c></row>"),
    "1,000,000 rows": ods(row(cell("x"), REPEAT_ROWS.format(1_000_000))),
    "1,000,001 rows": ods(row("<table:table-cell/>", REPEAT_ROWS.format(10**6)) + row(cell("x"))),
    "16,001,000 cells": ods(
        row(cell("x", REPEAT_CELLS.format(16_000))) + row(cell("x"), REPEAT_ROWS.format(999))
    ),
    "200,001 rows": ods(row(cell('<text:s text:c="1000000000"/>'))),
    "text in CDATA": ods(row(cell("<![CDATA[Good]]>"))),
    "xl/worksheets/sheet1.xml has text in CDATA": xlsx(
        f'<row r="1">{INLINE.format("A1", "<![CDATA[Good]]>")}</row>'
    ),
    "a formula without its value": ods(row('<table:table-cell table:formula="of:=[.B1]"/>')),
    "sheet1.xml has a formula without": xlsx('<row r="1"><c r="A1"><f>B1</f><v></v></c></row>'),
    "sheet1.xml has a formula without its": xlsx('<row r="1"><c r="A1"><f>B1</f></c></row>'),
    "it unpacks to": archive({**XLSX, "xl/sharedStrings.xml": b"x" * (130 * 2**20)}),
    "File is not a zip file": xlsx(SMALL_XLSX)[:-200],
    "an old Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "an HTML page": b"<html><body>Sign in</body></html>",
    "File is not a zip": b"name,grade\nHarrow,Good\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_workbook_that_swells_or_hides_a_cell_is_refused_before_it_is_read(
    tmp_path, monkeypatch, what
):
    (tmp_path / "book.ods").write_bytes(HOSTILE[what])
    monkeypatch.setattr(workbooks.CalamineWorkbook, "from_filelike", None, raising=False)

    with pytest.raises(PanelError) as caught:
        read_cells_of_sheet(tmp_path, "book.ods", "One")

    message = str(caught.value)
    assert "book.ods: cannot be read as a workbook with sheet One (" in message
    assert what in message
    assert "\n" not in message


FINE = {
    "empty rows to the end of the sheet": SMALL_ODS
    + row(f"<table:table-cell {REPEAT_CELLS.format(16384)}/>", REPEAT_ROWS.format(1_048_575)),
    "empty cells to the end of the row": SMALL_ODS.replace(
        "</table:table-row>", f"<table:table-cell {REPEAT_CELLS.format(16382)}/></table:table-row>"
    ),
    "a formula with its value": SMALL_ODS.replace(
        "office:value=", 'table:formula="1" office:value='
    ),
}


@pytest.mark.parametrize("what", FINE)
def test_what_publishers_write_is_read(tmp_path, what):
    (tmp_path / "book.ods").write_bytes(ods(FINE[what]))

    assert read_cells_of_sheet(tmp_path, "book.ods", "One").iloc[0].tolist()[:2] == ["Grade", 4.0]


def test_a_formula_that_gives_no_text_is_an_empty_cell(tmp_path):
    cells = f'<row r="1">{INLINE.format("A1", "x")}<c r="B1" t="str"><f>C1</f><v></v></c></row>'
    (tmp_path / "book.xlsx").write_bytes(xlsx(cells))

    assert read_cells_of_sheet(tmp_path, "book.xlsx", "One").to_numpy().tolist() == [["x", None]]


def test_a_sheet_with_another_heading_is_refused_by_what_it_says(tmp_path):
    rows = row(cell("Inspections of 2022")) + row(cell("Name") + cell("Grade"))
    (tmp_path / "book.ods").write_bytes(ods(rows + row(cell("Harrow") + cell("Good"))))

    assert (
        len(read_sheet(tmp_path, "book.ods", "One", ["Name", "Grade"], "inspections of 2022")) == 1
    )
    with pytest.raises(PanelError, match="its heading is 'Inspections of 2022'; wanted one that"):
        read_sheet(tmp_path, "book.ods", "One", ["Name", "Grade"], "Inspections of 2023")


@pytest.mark.parametrize(
    ("own", "other"),
    [(ofsted.FILE, inspection_editions.FILE_2024), (sif.FILE, ofsted.FILE)],
)
def test_another_edition_under_this_name_is_refused(tmp_path, published, own, other):
    (tmp_path / own).parent.mkdir()
    (tmp_path / own).write_bytes((published / other).read_bytes())
    read = ofsted.read_inspections if own == ofsted.FILE else sif.read_single_inspections

    with pytest.raises(PanelError, match="no sheet"):
        read(tmp_path)
