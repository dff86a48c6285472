"""What tax is due where: the merchant's table of rates, and the port through which another engine may follow."""
