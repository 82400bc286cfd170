"""Documents for printing: labels as PDF and ZPL, documents of tables."""
