"""`fleet simulate`: whole days of a hospital in virtual time, one by one or by the thousand."""
