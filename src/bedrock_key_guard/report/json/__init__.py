"""Write a report as JSON."""
