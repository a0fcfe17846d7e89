"""Write a report as SARIF, for GitHub's code scanning."""
