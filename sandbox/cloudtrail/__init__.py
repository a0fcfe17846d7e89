"""Imitate CloudTrail: the event history, as late as it is told to be."""
