"""What keeps a model from being analysed, as an exception that says where and how to mend it.

`check` finds the same things in a text, with line and column. These are for models that were built in Python, or that
somebody analyses without checking.
"""

from __future__ import annotations


class ModelFault(ValueError):
    """A part of the model has no meaning, or none that can be computed.

    Attributes:
        where: the dotted name of the part.
        what: what is wrong, a sentence without its full stop.
        mend: what to do about it.
    """

    def __init__(self, where: str, what: str, mend: str = "") -> None:
        super().__init__(f"{where}: {what}." + (f" {mend}" if mend else ""))
        self.where = where
        self.what = what
        self.mend = mend
