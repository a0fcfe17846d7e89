"""Imitate Bedrock's two planes, which really check the keys."""
