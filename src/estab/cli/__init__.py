"""The command `estab`: parses, calls `api`, renders."""
