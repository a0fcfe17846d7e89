"""Remember each change on disk."""
