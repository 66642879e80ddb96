"""What the pacer is made of: what it saw, what it learnt of it, what it expects, and what it may dare."""
