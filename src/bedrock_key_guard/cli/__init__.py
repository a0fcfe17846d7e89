"""Open the door for people: the command line."""
