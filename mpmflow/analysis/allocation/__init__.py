"""Where money does most: a budget spread over channels, initiatives and people, for one metric."""
