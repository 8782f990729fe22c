"""Evaluation of models: accuracy, calibration, intervals, the gain of a strategy, the case for another round."""
