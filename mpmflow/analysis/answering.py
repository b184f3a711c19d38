"""What an engine cannot answer, as a finding with its place in the text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mpmflow.compiler.origins import origin_of
from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.errors import MpmError
from mpmflow.graphs.faults import ModelFault
from mpmflow.model.model import Model
from mpmflow.numerics.faults import NumericsError


@contextmanager
def answering(model: Model) -> Iterator[None]:
    """Turn what an engine cannot answer into an MpmError with the place in the text."""
    try:
        yield
    except ModelFault as fault:
        place = origin_of(model).place(fault.where)
        finding = diagnose("no-answer", place, where=fault.where, what=fault.what, mend=fault.mend)
        raise MpmError([finding]) from fault
    except NumericsError as fault:
        finding = diagnose("no-answer", None, where="the model", what=str(fault), mend="")
        raise MpmError([finding]) from fault
