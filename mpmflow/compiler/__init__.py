"""From a written tree to a model, and what can be said about a model that has no meaning or a doubtful one."""
