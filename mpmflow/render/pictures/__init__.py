"""Pictures beyond the plain ones: painted with risk, folded, cut to a neighbourhood, as Mermaid, as a page."""
