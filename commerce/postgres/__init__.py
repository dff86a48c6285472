"""Django's PostgreSQL backend, but pooled connections are looked at before use and not asked."""
