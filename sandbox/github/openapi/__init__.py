"""Keep the part of GitHub's OpenAPI description that this project is checked against."""
