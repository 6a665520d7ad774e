"""Judged words -> the weights of the word model: a fit that starts from the weights shipped with the package."""
