"""What agents do with their own calls, and what they write about them."""
