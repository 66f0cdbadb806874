"""From columns of connections to findings: one file a rule, and what rules share."""
