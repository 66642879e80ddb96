"""酬金: what those who sell earn, the books of it, and the periods it is settled by."""
