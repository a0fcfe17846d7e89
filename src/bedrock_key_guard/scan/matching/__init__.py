"""Find keys in bytes, and their places."""
