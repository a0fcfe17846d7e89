"""List what there is to read: each source in a module of its own."""
