"""Serve moto as one endpoint of AWS, which refuses and records what AWS does."""
