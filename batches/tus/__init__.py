"""Resumable upload by tus 1.0.0: headers, verdicts and verbs."""
