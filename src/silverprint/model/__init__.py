"""Models: frozen backbones that give features, and the ensemble of linear heads on top."""
