"""One-dial orders: number plan, claims, orders, commission."""
