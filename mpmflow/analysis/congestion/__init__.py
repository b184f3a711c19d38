"""Where people wait: teams that several steps and workflows share, their queues, and what relieves them."""
