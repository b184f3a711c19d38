"""BPMN 2.0: diagrams drawn by others become models, with a list of all that a model cannot say."""
