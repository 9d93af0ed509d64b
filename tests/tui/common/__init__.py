"""Tests of how an operator moves through the tower."""
