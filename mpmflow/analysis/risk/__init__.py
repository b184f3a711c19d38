"""The main job: from observations to where rework and delay spread, which metric misses, and what to do."""
