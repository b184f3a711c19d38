"""What every check is given: the model, its names, its units, and what follows from them, each worked out once."""

from __future__ import annotations

from functools import cached_property

from mpmflow.model.flow import Flow, arcs
from mpmflow.model.model import Model
from mpmflow.model.process import Workflow

from ..influences import Influences
from ..names import Names
from ..units import Units


class Subject:
    """A model that is being checked."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.names = Names(model)
        self.units = Units(self.names)
        self._flows: dict[int, Flow] = {}

    def flow(self, workflow: Workflow) -> Flow:
        """Where each node of the workflow leads."""
        known = self._flows.get(id(workflow))
        if known is None:
            self._flows[id(workflow)] = known = arcs(workflow)
        return known

    @cached_property
    def influences(self) -> Influences:
        """What moves what: derived and declared influences."""
        return Influences(self.model, self.names)
