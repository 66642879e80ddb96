"""Money as people read it."""


def yuan(fen: int) -> str:
    """Fen as yuan: 1990 is 19.90, -5 is -0.05."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"
