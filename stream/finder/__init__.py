"""Finds new words in the texts of the horizon: lists candidates at each look, counts them and judges them by their
signs.
"""
