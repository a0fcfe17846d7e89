"""Measure the guard side by side with Git, ripgrep and the other scanners."""
