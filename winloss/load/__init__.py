"""Reads what a CRM or a spreadsheet exported: finds out how each file must be read, and writes the SQL that reads it.

Python decides, SQL reads: nothing here carries a deal. The way of a file:

    mapping   the user's mapping, checked            -> which file serves which object, under which headers
    shape     encoding, delimiter, header, records   -> what the file is; odd files get a private, regular copy
    values    date order, decimal mark, forms        -> how its dates and numbers are written
    statements                                       -> one SELECT per object, canonical text out
    landing   which columns are stored as they stand -> each file is read once, by all cores
    plan      all of it together, one JSON answer
"""
