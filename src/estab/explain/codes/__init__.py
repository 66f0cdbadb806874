"""The pages of the codes, one module an area."""
