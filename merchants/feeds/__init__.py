"""Tells agent platforms what a merchant sells: files that they fetch, or products pushed to them.

What is told is derived from the catalog and never invented. `items` reads the catalog, `entries` says in our own
words what is true of an item at a moment, a module of `profiles` writes it the way a platform reads it, `rules`
refuses what that platform would, with a reason; good rows go on. `building` makes files of it, `publishing`
puts them in place in one transaction, together with a record of what each item was said to be
(`PublishedItem`). `drift` compares that record with what is live and mends what differs; `following` notices
changes of the catalog, `pushing` sends them where a platform takes them one by one.

Files are kept in PostgreSQL in chunks: web and worker processes on every machine share it already, what is
published changes in the very transaction that records it, and a backup of the database is a backup of all.

An item's standing is `checkout`, `discovery` (shown, not sold by agents), `off` (told as gone) or `refused`.
A build is running -> published or failed; a feed is built by one process at a time, which holds a lease.
"""
