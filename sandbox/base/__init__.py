"""Hold what every service of the sandbox shares: accounts, faults, the log of calls."""
