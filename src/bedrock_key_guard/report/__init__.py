"""Tell people: values in, text out. Nothing here does any I/O."""
