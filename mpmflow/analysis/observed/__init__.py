"""What was observed, as indicators by period and by segment, without a judgement."""
