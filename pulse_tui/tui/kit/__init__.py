"""The parts that panes and screens are made of. Nothing here knows what is shown."""
