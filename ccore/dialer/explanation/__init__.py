"""Why a campaign dials, or does not, and what it does with a number: in plain words."""
