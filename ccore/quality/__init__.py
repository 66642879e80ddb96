"""Quality: what reviewers think of calls, by scorecards that are data, and what agents learn from it."""
