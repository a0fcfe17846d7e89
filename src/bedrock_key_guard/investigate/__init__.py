"""Find out who used a key: what CloudTrail shows, what in it looks like abuse, what it conceals."""
