"""What benchmarks/crawl.py starts, each in a process of its own."""
