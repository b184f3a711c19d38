"""One period against another: what changed in every figure, and how much of it is mix, rates, process or volume."""
