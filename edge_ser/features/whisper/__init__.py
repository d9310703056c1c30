"""The first layers of Whisper as a front end: log-mel spectrogram, encoder, nodes."""
