"""Make a proven live key dead, confirm it, remember it, and undo it."""
