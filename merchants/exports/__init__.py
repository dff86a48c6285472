"""What a merchant takes along: files for spreadsheets and bookkeeping."""
