"""How long a whole build takes, beside a floor, the seed system's algorithm and an analyst's script."""
