"""Write a report for GitHub: the summary, the annotations and the issue."""
