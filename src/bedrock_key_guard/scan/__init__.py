"""Find where keys hide: bytes in, findings out. Standard library only."""
