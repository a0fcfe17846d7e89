"""Read Git repositories, isolated from their configuration."""
