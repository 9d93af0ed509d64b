"""The responses: one file is one kind, named as a policy names it.

``respond`` is pure and says what to do as values; ``deliver`` sends one queued message to the one
destination of its kind. Files that begin with an underscore are shared by the kinds and are none.
"""
