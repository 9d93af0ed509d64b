"""The nouns, one a file: frozen values whose state machines live on the noun.

Nothing here reads a clock, a file, a network or a database. Times are aware
:class:`datetime.datetime` values in UTC and always arguments.
"""
