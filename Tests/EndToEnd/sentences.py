"""Sentences on a few subjects, with a subject and a number each, and ids for them."""

import uuid

SENTENCES = [
    ("The archer drew an arrow from the quiver", "archery", 1),
    ("A quiver holds the arrows of an archer", "archery", 2),
    ("The string of a bow is pulled by the archer", "archery", 3),
    ("Bread is baked in a hot oven", "kitchen", 1),
    ("The baker kneads dough and bakes bread in the oven", "kitchen", 2),
    ("A soup of leek and potato simmers on the stove", "kitchen", 3),
    ("A database keeps records on a disk", "computing", 1),
    ("An index makes a search in a database fast", "computing", 2),
    ("A vector database finds the nearest records to a vector", "computing", 3),
    ("Grüße aus dem Süden: 日本語 und emoji 🏹", "languages", None),
]


def ids(texts) -> list[str]:
    """An id for each of them, the same each time."""
    return [str(uuid.uuid5(uuid.NAMESPACE_URL, text)) for text, _, _ in texts]
