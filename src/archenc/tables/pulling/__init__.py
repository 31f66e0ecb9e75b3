"""Fetch public files: resumed, retried, verified, and never half there under their own name."""
