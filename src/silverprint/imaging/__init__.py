"""Images of strangers: recognised, decoded, measured, stripped of metadata, within limits."""
