"""Hold the vocabulary of IAM: principals, policy documents and commands, without an SDK."""
