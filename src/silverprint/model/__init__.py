"""Models: frozen backbones that give features, the ensemble of linear heads on top, and backbones fine-tuned."""
