"""Imitate STS: who may assume a role, and with which token."""
