"""Which log lines to write when strangers can cause as many as they like: a flood must not fill the disk."""

EVERY_S = 10.0


class Flood:
    """The first line of each kind is written, then one every EVERY_S, which stands for those held back."""

    def __init__(self) -> None:
        self._silent_until: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def lines(self, kind: str, now: float) -> int:
        """How many lines of this kind one stands for that is written ``now`` (s, monotonic); 0: write none."""
        lines = self._held_back.pop(kind, 0) + 1
        if now < self._silent_until.get(kind, now):
            self._held_back[kind] = lines
            return 0
        self._silent_until[kind] = now + EVERY_S
        return lines
