"""A polite crawl from configuration alone: listing pages, picture pages, pictures. Scrapy is behind it."""
