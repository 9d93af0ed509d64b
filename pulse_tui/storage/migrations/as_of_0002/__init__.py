"""What migration 0002 needs of the code of its day, frozen: a migration imports nothing that goes on changing."""
