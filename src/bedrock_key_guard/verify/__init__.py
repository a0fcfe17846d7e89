"""Prove whether a key is live: evidence from the clock, Bedrock and IAM, and the verdict."""
