"""Actors without a TCP: they make segments by hand, as attackers, scanners and broken machines do."""
