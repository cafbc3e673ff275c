"""Files in, recordings out: one reader a format, units converted here and nowhere else."""
