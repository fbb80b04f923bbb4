"""Keeping it running: the privacy key, the run history, the doctor, the unattended quarter."""
