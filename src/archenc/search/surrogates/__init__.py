"""What learns from evaluated architectures within a search, and says what it believes of the others."""
