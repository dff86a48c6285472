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
        self.told: dict[str, str] = {}
        self.scripts: list[str] = []
        self._is_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._is_script = tag == "script"
        self._note_head(tag, dict(attrs))
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

    def _note_head(self, tag: str, attrs: dict[str, str | None]) -> None:
        """Keep what a page tells machines: `meta` by name or property, `link` by what it is."""
        if tag == "meta" and (name := attrs.get("name") or attrs.get("property")):
            self.told[name] = attrs.get("content") or ""
        elif tag == "link" and (name := attrs.get("rel")):
            self.told[name] = attrs.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False
        if tag in ("tr", "div", "li", "dl", "table"):
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if self._is_script:
            self.scripts.append(data)
        elif text := " ".join(data.split()):
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
