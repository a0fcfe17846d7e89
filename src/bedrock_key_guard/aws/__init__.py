"""Reach AWS: sessions, clients, endpoints, and how calls are retried."""
