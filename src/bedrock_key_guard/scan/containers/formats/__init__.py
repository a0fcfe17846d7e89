"""Read the formats of files that hold other files."""
