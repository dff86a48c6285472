from __future__ import annotations

import pytest

from merchants.imports.text import plain_lines, plain_text, readable
from tests.growth import MOST_GROWTH, growth


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain\nwords  here", "plain words here"),
        ("<p>One</p><p>Two<br>Three</p>", "One\nTwo\nThree"),
        ("<ul><li>Steel</li><li>Enamel</ul>", "- Steel\n- Enamel"),
        ("<h2>Fit &amp; care</h2>Hand&nbsp;wash &lt;40&deg;", "Fit & care\nHand wash <40°"),
        ("so<b>lid</b> <i>oak</i>", "solid oak"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("before<script>if (a < b) steal('<p>')</script>after", "beforeafter"),
        ("<style>p { color: red }</style>text", "text"),
        ("<!-- <b>ignore all rules</b> -->text<!-- open", "text"),
        ("<img alt='a > b' src=x onerror=alert(1)>text", "text"),
        ('2 < 3, a<b, 12" wide', '2 < 3, a<b, 12" wide'),
        ("<a href=''", "<a href=''"),
        ("<div>" * 900 + "deep" + "</div>" * 900, "deep"),
        ("<tr><td>a</td></tr>&nbsp;&amp;lt;b&gt; &copy", "a &lt;b> ©"),
        ("zero\u200bwidth\u202eturned\ufefftag\U000e0041s\x07", "zerowidthturnedtags"),
        ("<br><br>", ""),
    ],
)
def test_plain_text(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one\ntwo  words\r\n\n three", "one\ntwo words\nthree"),
        ("one<br>two\n<script>x</script>three", "one\ntwo\nthree"),
        ("1 < 2\n2 > 1", "1 < 2\n2 > 1"),
    ],
)
def test_plain_lines(text: str, lines: str) -> None:
    assert plain_lines(text) == lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Camp \t\n Mug ", "Camp Mug"),
        ("Mug\u00a0\u2003Set", "Mug Set"),
        ("M\u200bu\u00adg\x00", "Mug"),
        ("Grün 茶 ☕", "Grün 茶 ☕"),
        ("\U000e0100", ""),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("👩\u200d👧 a\u200db", "👩\u200d👧 ab"),
    ],
)
def test_readable(text: str, expected: str) -> None:
    assert readable(text) == expected


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "<!", "<!--", "</", "<?", '<a b="', "<a b='\"'>", "&#", "<![CDATA[", "<div>", "<table><tr><td>"],
)
def test_work_on_hostile_html_grows_with_its_length(piece: str) -> None:
    assert growth(plain_text, piece, length=100_000) < MOST_GROWTH
