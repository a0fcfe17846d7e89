"""Sweep many repositories: plan, scan in shards, and reduce to one report."""
