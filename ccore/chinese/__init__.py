"""What ccore says of operators' files, in Chinese."""
