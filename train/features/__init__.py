"""Features of the utterances in a corpus's clips, computed once and cached."""
