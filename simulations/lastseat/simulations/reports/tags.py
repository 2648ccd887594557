"""HTML that cannot be broken by what stands in it: text is escaped unless it was made here.

`Markup` is the only text that is taken as it is, and only `tag`, `page` and whoever vouches for a constant make it.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import TypeAlias

VOID = ("meta", "br")


class Markup(str):
    """HTML. Any other text is escaped where it is put into HTML."""

    __slots__ = ()


Attribute: TypeAlias = str | int | bool | None


def tag(name: str, /, *children: str, **attributes: Attribute) -> Markup:
    """Return an element. Attributes: `class_` and `data_step` for class and data-step; True: bare, None: left out."""
    written = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    end = "" if name in VOID else f"</{name}>"
    return Markup(f"<{name}{written}>{joined(children)}{end}")


def joined(children: Iterable[str]) -> Markup:
    """Return the children one after the other, each escaped unless it is Markup."""
    return Markup("".join(child if isinstance(child, Markup) else _escaped(child) for child in children))


def data_element(name: str, value: object) -> Markup:
    """Return plain data as a script element that no browser executes, and that nothing in the data can close."""
    return Markup(f'<script type="application/json" id="{escape(name)}">{_json(value)}</script>')


def page(title: str, body: Markup) -> str:
    """Return a whole document with the style and the script of `page.css` and `page.js` in it.

    Its policy lets a browser load nothing, and run no script but that one.
    """
    style, script = _resource("page.css"), _resource("page.js")
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_hash(style)}; "
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=f"{policy}script-src {_hash(script)}"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", style),
    )
    document = tag("html", head, tag("body", body, tag("script", script)), lang="en")
    return f"<!DOCTYPE html>\n{document}\n"


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{_escaped(str(value))}"'


def _escaped(text: str) -> str:
    """Return `text` as HTML; what is not printable is shown as Python escapes it."""
    seen = (
        character if character.isprintable() or character == "\n" else character.encode("unicode_escape").decode()
        for character in text
    )
    return escape("".join(seen))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _resource(name: str) -> Markup:
    return Markup((files("lastseat.simulations.reports") / name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
