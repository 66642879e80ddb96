"""What moves, told to browsers as it moves: topics, of which each keeper of a socket has what is for them."""
