"""Image galleries and the search in them.

- pictures: files read within bounds
- embedders, colour_edge_embedder: images to embeddings
- embedding_search: embedding to image
"""
