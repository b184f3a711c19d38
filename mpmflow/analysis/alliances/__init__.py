"""Alliances: hand-offs between teams and partners, who causes and who bears delay, and what a partner may see."""
