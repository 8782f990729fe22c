"""Polite crawl from configuration alone: listing pages, image pages, images. Scrapy is behind it."""
