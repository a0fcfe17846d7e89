"""Make untrusted text harmless where people read it."""
