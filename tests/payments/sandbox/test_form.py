import pytest

from commerce.payments.sandbox.errors import InvalidParameter
from commerce.payments.sandbox.form import decode


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b][0][c]=v", {"a": {"b": {"0": {"c": "v"}}}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a%5Bb%5D=%C3%A9+%26", {"a": {"b": "é &"}}),
        ("a[b]c=1", {"a[b]c": "1"}),
        ("metadata[0]=zero", {"metadata": {"0": "zero"}}),
    ],
)
def test_forms_are_decoded(text: str, decoded: dict[str, object]) -> None:
    assert decode(text) == decoded


@pytest.mark.parametrize(
    "text",
    ["a=1&a[b]=2", "a[b]=2&a=1", "a" + "[x]" * 13 + "=1", "&".join(f"a{n}=1" for n in range(1001)), "a=%ff"],
)
def test_impossible_forms_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid request"):
        decode(text)
