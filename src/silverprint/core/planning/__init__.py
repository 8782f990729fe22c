"""Planning: time, memory, disk and money of a campaign of any size, from what single pictures cost."""
