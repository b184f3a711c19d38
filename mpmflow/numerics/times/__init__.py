"""Laws of durations, and the law of the time that a whole process takes."""
