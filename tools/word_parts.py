"""The parts of a Word file, written out: paragraphs, tables, header and footer, fonts, A4.

Chinese text names an East Asian font and says what may stand in for it, so that it is whole on a
machine that has another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
#: A4 in twentieths of a point, and its margins.
PAGE = (11906, 16838)
SIDE, ABOVE = 1247, 1247
WIDTH = PAGE[0] - 2 * SIDE
SONG, HEI = "宋体", "黑体"
#: Fonts that may stand in, in this order.
INSTEAD = {
    SONG: "SimSun,Noto Serif CJK SC,Source Han Serif SC,WenQuanYi Zen Hei",
    HEI: "SimHei,Noto Sans CJK SC,Source Han Sans SC,WenQuanYi Zen Hei",
}

Paper = Callable[[Callable[[str, str], str]], tuple[str, str]]
"""Given what chooses a language's words: the header's mark and the body."""


def run(text: str, *, bold: bool = False, size: int = 0, grey: bool = False) -> str:
    look = "<w:b/>" * bold
    look += '<w:color w:val="595959"/>' * grey
    look += f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>' if size else ""
    look = f"<w:rPr>{look}</w:rPr>" if look else ""
    space = '<w:t xml:space="preserve">'
    said = escape(text).replace("\t", f"</w:t><w:tab/>{space}")
    return f"<w:r>{look}{space}{said}</w:t></w:r>"


def p(
    *pieces: str, style: str = "", align: str = "", keep: bool = False, fresh: bool = False
) -> str:
    """A paragraph of runs; what is no run yet becomes one."""
    runs = "".join(one if one.startswith("<w:r>") else run(one) for one in pieces)
    look = f'<w:pStyle w:val="{style}"/>' if style else ""
    look += "<w:keepNext/>" * keep + "<w:pageBreakBefore/>" * fresh
    look += f'<w:jc w:val="{align}"/>' if align else ""
    return f"<w:p><w:pPr>{look}</w:pPr>{runs}</w:p>"


def title(text: str) -> str:
    return p(text, style="Title")


def heading(text: str, *, fresh: bool = False) -> str:
    """A heading; `fresh`: on a page of its own, which may be the back of the first."""
    return p(text, style="Heading1", fresh=fresh)


def small(text: str) -> str:
    return p(run(text), style="Small")


def listed(items: Iterable[str]) -> str:
    """Numbered lines with a hanging indent."""
    return "".join(p(f"{n}.\t{text}", style="Listed") for n, text in enumerate(items, 1))


def when(test: str, body: str) -> str:
    """Paragraphs or tables that stand there only where something is said."""
    return p(f"{{%p if {test} %}}") + body + p("{%p endif %}")


def cell(content: str, width: int, *, shade: bool = False, height: str = "") -> str:
    body = content if content.startswith("<w:p>") else p(content, style="Cell")
    look = f'<w:tcW w:w="{width}" w:type="dxa"/>'
    look += '<w:shd w:val="clear" w:color="auto" w:fill="EDEDED"/>' * shade
    look += '<w:vAlign w:val="center"/>' * (not height)
    return f"<w:tc><w:tcPr>{look}</w:tcPr>{body}</w:tc>"


def row(cells: Sequence[str], widths: Sequence[int], *, head: bool = False, tall: int = 0) -> str:
    look = "<w:cantSplit/>"
    look += f'<w:trHeight w:val="{tall}" w:hRule="atLeast"/>' if tall else ""
    look += "<w:tblHeader/>" * head
    made = []
    for text, width in zip(cells, widths, strict=True):
        label = head or text.startswith("=")
        inner = p(run(text.lstrip("="), bold=True), style="Cell") if label else text
        made.append(cell(inner, width, shade=label))
    return f"<w:tr><w:trPr>{look}</w:trPr>{''.join(made)}</w:tr>"


def _bare(text: str, widths: Sequence[int]) -> str:
    """A row that only holds a tag of the template; it vanishes when that is filled."""
    return row([text, *[""] * (len(widths) - 1)], widths)


def widths_of(shares: Sequence[int]) -> list[int]:
    """Columns as parts of the page's width."""
    whole = sum(shares)
    found = [WIDTH * share // whole for share in shares]
    found[-1] += WIDTH - sum(found)
    return found


def table(
    shares: Sequence[int],
    rows: Iterable[Sequence[str]],
    *,
    heads: Sequence[str] = (),
    each: str = "",
    tall: int = 0,
) -> str:
    """A table. `each`: `g in guardians`, for whose entries the rows are repeated.

    A cell that begins with `=` is a label.
    """
    widths = widths_of(shares)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    made = row(list(heads), widths, head=True) if heads else ""
    made += _bare(f"{{%tr for {each} %}}", widths) if each else ""
    made += "".join(row(list(cells), widths, tall=tall) for cells in rows)
    made += _bare("{%tr endfor %}", widths) if each else ""
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="Lined"/><w:tblW w:w="{WIDTH}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{made}</w:tbl>'
        + p(style="Gap")
    )


def document(language: str, make: Paper) -> dict[str, str]:
    """All parts of a file, by their names."""

    def words(chinese: str, english: str) -> str:
        return chinese if language == "zh" else english

    mark, body = make(words)
    return {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _relations(
            ("officeDocument", "word/document.xml"),
            ("extended-properties", "docProps/app.xml"),
            ("metadata/core-properties", "docProps/core.xml"),
        ),
        "docProps/app.xml": f'{HEAD}<Properties xmlns="http://schemas.openxmlformats.org/'
        'officeDocument/2006/extended-properties"><Application>psysafe</Application></Properties>',
        "docProps/core.xml": f'{HEAD}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title/><dc:creator/>'
        "</cp:coreProperties>",
        "word/document.xml": f'{HEAD}<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}'
        f"{_section()}</w:body></w:document>",
        "word/header1.xml": f'{HEAD}<w:hdr xmlns:w="{W}">{_header(mark)}</w:hdr>',
        "word/footer1.xml": f'{HEAD}<w:ftr xmlns:w="{W}">{_footer(words)}</w:ftr>',
        "word/styles.xml": _styles(language),
        "word/fontTable.xml": _fonts(),
        "word/settings.xml": f'{HEAD}<w:settings xmlns:w="{W}"><w:defaultTabStop w:val="420"/>'
        '<w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:compatSetting '
        'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
        "</w:compat></w:settings>",
        "word/_rels/document.xml.rels": _relations(
            ("styles", "styles.xml"),
            ("fontTable", "fontTable.xml"),
            ("settings", "settings.xml"),
            ("header", "header1.xml"),
            ("footer", "footer1.xml"),
        ),
    }


def _types() -> str:
    parts = {
        "word/document.xml": f"{KIND}.document.main+xml",
        "word/styles.xml": f"{KIND}.styles+xml",
        "word/fontTable.xml": f"{KIND}.fontTable+xml",
        "word/settings.xml": f"{KIND}.settings+xml",
        "word/header1.xml": f"{KIND}.header+xml",
        "word/footer1.xml": f"{KIND}.footer+xml",
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    }
    listed = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in parts.items()
    )
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="'
        'application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/>{listed}</Types>'
    )


def _relations(*targets: tuple[str, str]) -> str:
    made = "".join(
        f'<Relationship Id="rId{n}" Type="'
        f'{PACKAGE + "/relationships" if "/" in kind else R}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{made}</Relationships>'


def _section() -> str:
    return (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId4"/>'
        '<w:footerReference w:type="default" r:id="rId5"/>'
        f'<w:pgSz w:w="{PAGE[0]}" w:h="{PAGE[1]}"/><w:pgMar w:top="{ABOVE}" w:right="{SIDE}" '
        f'w:bottom="{ABOVE}" w:left="{SIDE}" w:header="567" w:footer="567" w:gutter="0"/>'
        "</w:sectPr>"
    )


def _header(mark: str) -> str:
    tab = "<w:r><w:tab/></w:r>"
    return (
        f'<w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>{run("{{ school }}")}{tab}'
        f"{run(mark, bold=True)}</w:p>"
    )


def _footer(words: Callable[[str, str], str]) -> str:
    printed = words(
        "{{ date }} {{ time }} 打印　打印人：{{ printed_by }}",
        "printed {{ date }} {{ time }} by {{ printed_by }}",
    )
    page, pages = (
        f'<w:fldSimple w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        for name in ("PAGE", "NUMPAGES")
    )
    place = run(words("第 ", "page ")) + page + run(words(" 页，共 ", " of ")) + pages
    place += run(words(" 页", ""))
    return (
        f'<w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>{run(printed)}<w:r><w:tab/></w:r>'
        f"{place}</w:p>"
    )


def _face(font: str, latin: str) -> str:
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:cs="{latin}" w:eastAsia="{font}"/>'


def _style(
    name: str, *, size: int, look: str = "", text: str = "", font: str = SONG, latin: str = ""
) -> str:
    face = _face(font, latin) if latin else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{look}</w:pPr><w:rPr>{face}{text}'
        f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
    )


def _styles(language: str) -> str:
    latin = "Times New Roman" if language == "zh" else "Calibri"
    bold = "Arial" if language == "zh" else "Calibri"
    tag = "zh-CN" if language == "zh" else "en-GB"
    edge = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    right = f'<w:tabs><w:tab w:val="right" w:pos="{WIDTH}"/></w:tabs>'
    line = '<w:{} w:val="single" w:sz="4" w:space="3" w:color="7F7F7F"/>'
    return (
        f'{HEAD}<w:styles xmlns:w="{W}"><w:docDefaults><w:rPrDefault><w:rPr>{_face(SONG, latin)}'
        f'<w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="{tag}" w:eastAsia="zh-CN"/>'
        "</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>"
        '<w:spacing w:before="0" w:after="60" w:line="300" w:lineRule="auto"/>'
        "</w:pPr></w:pPrDefault></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        "<w:qFormat/></w:style>"
        + _style(
            "Title",
            size=36,
            look='<w:spacing w:before="60" w:after="160"/><w:jc w:val="center"/>',
            text="<w:b/>",
            font=HEI,
            latin=bold,
        )
        + _style(
            "Heading1",
            size=24,
            look='<w:keepNext/><w:spacing w:before="160" w:after="80"/><w:outlineLvl w:val="0"/>',
            text="<w:b/>",
            font=HEI,
            latin=bold,
        )
        + _style("Cell", size=20, look='<w:spacing w:before="30" w:after="30" w:line="264"/>')
        + _style(
            "Small", size=18, look='<w:spacing w:after="40"/>', text='<w:color w:val="404040"/>'
        )
        + _style("Gap", size=8, look='<w:spacing w:after="0" w:line="120" w:lineRule="exact"/>')
        + _style(
            "Listed",
            size=21,
            look='<w:tabs><w:tab w:val="left" w:pos="420"/></w:tabs><w:spacing w:after="40"/>'
            '<w:ind w:left="420" w:hanging="420"/>',
        )
        + _style("Header", size=18, look=f"<w:pBdr>{line.format('bottom')}</w:pBdr>{right}")
        + _style("Footer", size=18, look=f"<w:pBdr>{line.format('top')}</w:pBdr>{right}")
        + '<w:style w:type="table" w:styleId="Lined"><w:name w:val="Lined"/><w:tblPr>'
        f"<w:tblBorders>{edge}</w:tblBorders><w:tblCellMar>"
        '<w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        "</w:style></w:styles>"
    )


def _fonts() -> str:
    made = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{"roman" if name == SONG else "swiss"}"/></w:font>'
        for name, others in INSTEAD.items()
    )
    return f'{HEAD}<w:fonts xmlns:w="{W}">{made}</w:fonts>'
