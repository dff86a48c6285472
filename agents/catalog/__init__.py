"""What agents can find: a merchant's products with live prices and stock, outside any protocol."""
