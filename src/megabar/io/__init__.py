"""Files in, recordings out: one reader a format, units converted here and nowhere else."""

from megabar.io.hints import Digitised, ReadHints
from megabar.io.reader import MAX_BYTES, READERS, Reader, read, read_with

__all__ = ["MAX_BYTES", "READERS", "Digitised", "ReadHints", "Reader", "read", "read_with"]
