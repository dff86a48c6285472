"""Other shops' exports read as products: one module a format, and one function that writes what they read.

Each format has `read_products(path, *, currency)`, which reads the file as a stream and yields a
`ReadProduct` for each product: its data, and what was wrong by row and column. It raises
`UnreadableFileError` before the first product where the file as a whole cannot be understood.
`services.import_products` writes them, each product in a transaction of its own: a bad row costs only
itself, and importing twice changes nothing.
"""
