"""What must happen after a commit: rows written with the change itself, handled until they succeed.

PostgreSQL is the queue, Celery only a nudge and a clock. Each row is one event for one subscriber; the
subscribers of a topic stand in `OUTBOX_SUBSCRIBERS`. A handler may run more than once and must not mind.
"""
