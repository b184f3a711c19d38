"""The schemas of the documents, a module for each family of them."""
