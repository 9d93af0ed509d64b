"""From observations to facts: which asset a signal concerns, which advisory reaches what, what a vendor note means.

Pure: no clock, no network, no database. What comes out is what policy judges.
"""
