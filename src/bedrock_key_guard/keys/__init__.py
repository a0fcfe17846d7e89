"""Know what a key is: families, parsing, identity, fingerprint, and the sealed secret.

Pure, and built on the standard library alone. Nothing is imported here, so that a hook which
meets no key pays for no parser.
"""
