"""Systems of the site's, simulated: what ccore asks and sends to, for demonstrations and tests."""
