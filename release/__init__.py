"""Fill in the owner of the project, and hold a tag to what it releases."""
