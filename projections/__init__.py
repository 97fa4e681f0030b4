"""What can be read: tables made from events, masked, thrown away and rebuilt at will."""
