"""What is known of a person, by their telephone number: told to them whole, and taken away for good."""
