"""What an experiment shows: every claim with its test, number and verdict; marks in raw data that ask for a reason."""
