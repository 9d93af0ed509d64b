"""The rules by which a vendor note is read: a module a group of labels, and what they share."""
