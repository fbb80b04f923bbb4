"""What dbt calls: the plugin of dbt-duckdb, the bridge of the Python models, the end of a run."""
