"""Talk to people on the standard streams."""
