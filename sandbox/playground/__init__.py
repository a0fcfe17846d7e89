"""Let a person try the guard on leaked keys, in a scratch repository on this machine alone."""
