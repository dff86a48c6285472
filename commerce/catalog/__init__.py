"""What is sold: products with their options, and variants, which are what a line item names."""
