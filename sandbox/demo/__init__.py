"""Show the whole way on one machine."""
