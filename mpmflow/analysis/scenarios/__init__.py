"""Models with numbers changed: one, a few side by side, ten thousand, or a formula for all."""
