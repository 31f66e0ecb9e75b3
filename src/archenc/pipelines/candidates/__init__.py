"""Networks of a user's own, found in a folder of Python files: loaded, described by features, predicted."""
