"""Texts become vectors: one interface, three models, and the choice between them."""
