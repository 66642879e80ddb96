"""A small firm with products, employees and claims, to try ccore with."""

from ccore.db.pool import Database

DEMO_CODE = "1008610001"  # product 10, held by employee E001


async def seed(database: Database) -> None:
    """Add the demo firm; what is there already stays as it is."""
    for part in ("departments", "employees", "products", "rules", "claims"):
        await database.execute(f"demo.{part}")
