"""The field: petitions, rulebook, staff; pure rules without clock, randomness or I/O."""
