"""One module per part of the report. Each turns rows of marts into a `Section`; none decides what a figure means."""
