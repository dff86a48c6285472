"""A page as a reader meets it: its text, its links, its elements."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """Collects the visible text of a page, and every address it leads to or loads from."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.texts: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.values: dict[str, str] = {}
        self.rows: list[list[str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("tr", "div", "li"):
            self.rows.append([])
        given = dict(attrs)
        if tag == "input" and (field := given.get("name")):
            self.values[field] = given.get("value") or ""
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("src", "href", "action", "style", "data"):
                self.loads.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("tr", "div", "li", "dl", "table"):
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if text := " ".join(data.split()):
            self.texts.append(text)
            if self.rows:
                self.rows[-1].append(text)

    def value(self, field: str) -> str:
        """Return what a form's field holds; empty where there is no such field."""
        return self.values.get(field, "")

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def row(self, label: str) -> list[str]:
        """Return the cells beside a label: of a table's row, a list of terms, an entry of a list."""
        return next(cells[1:] for cells in self.rows if cells and cells[0] == label)
