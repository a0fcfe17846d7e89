"""Imitate GitHub's REST API, held to GitHub's own OpenAPI description."""
