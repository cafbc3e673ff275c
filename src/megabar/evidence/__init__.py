"""What an experiment shows: every claim with its test, number and verdict; marks in raw data that ask for a reason.

`judge(Facts.of(measured))` gives the claims of one experiment.
"""

from megabar.evidence.claim import Claim, Finding, Verdict, decide
from megabar.evidence.facts import Bar, Facts
from megabar.evidence.table import CLAIMS, judge

__all__ = ["CLAIMS", "Bar", "Claim", "Facts", "Finding", "Verdict", "decide", "judge"]
