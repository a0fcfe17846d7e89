"""Look into files that hold other files, as streams and under limits, never on disk."""
