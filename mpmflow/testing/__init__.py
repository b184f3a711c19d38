"""Tests of rules: `test` blocks run, what they cover, and which changes they would not notice."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .steps import assert_level as assert_level
    from .steps import assert_state as assert_state
    from .steps import given as given

__all__ = ["assert_level", "assert_state", "given"]


def __getattr__(name: str) -> Any:  # numpy is loaded by the first test, not by importing this room
    if name not in __all__:
        raise AttributeError(f"mpmflow.testing has no {name!r}")
    return getattr(import_module(f"{__name__}.steps"), name)
