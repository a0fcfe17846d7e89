"""Imitate IAM: who signs, what policies allow, and which credentials users have."""
