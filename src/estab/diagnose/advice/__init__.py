"""Remedies and warnings against bad advice, by area: what is right to do does not depend on how the trouble was seen."""
