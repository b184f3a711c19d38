"""The text language: its tree, its parser, its formatter. The only room that knows lark."""
