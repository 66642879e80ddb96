"""Chaos: calls for as long as you like while a machine breaks one part after another, and a checker of what is left."""
