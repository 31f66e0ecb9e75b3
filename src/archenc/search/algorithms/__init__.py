"""Search algorithms, a file each."""
