"""What several rules of one area read out of the columns, one file a subject."""
