"""A release as Hugging Face `datasets` reads it: Parquet with the pictures' bytes, ImageFolder, a dataset card."""
