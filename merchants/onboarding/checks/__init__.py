"""What a shop needs before it sells: each a small function that looks, and says what is missing."""
