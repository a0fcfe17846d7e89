"""Guard a repository through Git's own hooks."""
