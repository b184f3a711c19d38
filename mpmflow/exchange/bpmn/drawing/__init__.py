"""The way out: a model as a BPMN 2.0 diagram, with its place on the page."""
