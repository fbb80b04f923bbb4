"""Another engine than the embedded one."""
