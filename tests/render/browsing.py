"""Pages as a reader opens them: what they say, what they ask for, and labels that mean them harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HOSTILE = (
    "</script><script>fetch('http://example.org')</script> <img src=x onerror=alert(1)> ]]> &amp; %%{init}%% #35; "
    "`code` **bold** end --> \\N \\\" ' {x} [y] (z) |p| ; ü 漢字 \u0645\u0631\u062d\u0628\u0627 \u202eabc "
    + "y"
    * 10_000
)


def escaped(text: str) -> str:
    """A text as a string of the language holds it."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


class Watched:
    """A page, and what it said and asked for since it was opened."""

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.page = browser.new_context(**{"viewport": {"width": 1200, "height": 700}, **context}).new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.own = path.as_uri()

    def quiet(self) -> bool:
        return self.said == [] and self.asked == [self.own]

    def box(self) -> list[float]:
        return [float(part) for part in self.page.get_attribute("#picture svg", "viewBox").split()]
