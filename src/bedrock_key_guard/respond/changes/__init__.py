"""Define what a response can change: one change for each action that changes something."""
