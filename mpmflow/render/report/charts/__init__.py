"""Charts of the report, drawn as SVG by Vega when the page is made, so that none needs a script to be seen."""
