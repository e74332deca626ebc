"""Image galleries and the search in them.

- pictures: reading of picture files, with limits of size
- embedders, colour_edge_embedder: embeddings of images
- embedding_search: search of an image by a predicted embedding
"""
