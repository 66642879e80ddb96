"""HTTP: health, readiness and metrics now; the console and the API later."""
