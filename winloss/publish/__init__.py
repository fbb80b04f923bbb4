"""What of the marts leaves the private database, and how it takes its place."""
