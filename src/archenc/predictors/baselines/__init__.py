"""What GATES was compared with: encoders that do not know that an operation acts on what flows through it."""
