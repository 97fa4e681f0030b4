"""What the interface and the pages both ask of the service, said once; neither imports from the other."""
