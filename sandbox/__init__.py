"""Embed the AWS, the Bedrock and the GitHub that the demo and the tests run against."""
