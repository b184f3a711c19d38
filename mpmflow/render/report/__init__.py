"""The report as one page, and the same in Markdown and as a table."""
