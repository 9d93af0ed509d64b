"""What every wing leans on."""
