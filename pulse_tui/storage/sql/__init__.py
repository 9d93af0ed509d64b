"""Rows and structs, statements of both dialects."""
