"""Lead a run through the house."""
