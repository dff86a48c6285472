"""What a merchant sees: the admin, imports and the commands that set a shop up."""
