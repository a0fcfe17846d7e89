"""Let the guard find, prove and stop a key that was made for it, and leave nothing behind."""
