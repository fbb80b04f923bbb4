"""From counts to recommendations: where to aim, what to stop, what is inconclusive.

The engine counts, Python decides: every function here works on counts (a few thousand
numbers, whatever the number of deals), never on deals, accounts or people.
"""
