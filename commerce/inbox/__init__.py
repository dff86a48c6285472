"""What carriers and warehouses tell us: verified, stored once, then handled by Celery."""
