"""Publications, kills and damaged files, many of each, while others read: counts of errors, mixed reads and lost lines."""
