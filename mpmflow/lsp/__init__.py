"""The editor's door: a language server over what the compiler knows of a text."""
