"""From the clips of a corpus to the features of their utterances, computed once."""
