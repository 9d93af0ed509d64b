"""Policy as code: typed rules with CEL conditions, loaded with every problem at once, judged purely, explained.

Same facts and same policy digest give the same decisions, byte for byte. Nothing here acts.
"""
