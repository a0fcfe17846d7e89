"""Speak with people on the standard streams."""
