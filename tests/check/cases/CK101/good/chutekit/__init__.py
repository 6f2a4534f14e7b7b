"""What every chute shares."""
