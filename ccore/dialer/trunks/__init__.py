"""The trunks campaigns call out by: which one is next, how they stand, and what their causes say."""
