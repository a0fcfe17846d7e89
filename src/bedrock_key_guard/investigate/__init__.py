"""Find out who used a key: what CloudTrail tells, what in it looks like abuse, what it conceals."""
