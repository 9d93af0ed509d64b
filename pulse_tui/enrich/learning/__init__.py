"""What is learnt from alerts and incidents. Pure: plain records in, measures out."""
