"""Release in the formats of Hugging Face `datasets`: Parquet with the images' bytes, ImageFolder, a dataset card."""
