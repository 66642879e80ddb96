"""People who use ccore: who they are, what they may, and what they did."""
