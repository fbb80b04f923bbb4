"""Counts become advice: statistics, the selection of segments, recommendations. Knows neither files nor pages."""
