"""What is known of operations and architectures before any label, for every predictor on graphs."""
