"""Set up a repository: what is found out of it, what is to be written, and the difference."""
