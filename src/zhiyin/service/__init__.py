"""Floor 2: thinking and doing. One room a job; only the turn knows their order."""
