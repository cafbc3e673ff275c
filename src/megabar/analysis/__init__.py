"""One module a measurement kind: Settings and analyse(recording, settings) -> Result."""
