"""Open the door for GitHub: what `action.yml` runs."""
