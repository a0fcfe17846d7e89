"""Write a report as text for a terminal."""
