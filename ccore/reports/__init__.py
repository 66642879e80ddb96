"""What was sold, by whatever people want to see it by."""
