"""A text and the place of a word in it -> the part of the text that shows the word.

A text of up to EXCERPT_CHARS characters is shown whole. Of a longer one that many characters are shown, with the word
in the middle or as near to it as the ends of the text allow. Guarantee: a word of up to EXCERPT_CHARS characters is
whole.
"""

from stream.text.runs import fold_characters

EXCERPT_CHARS = 200


def excerpt(text: str, begin: int, end: int) -> str:
    """The part around [begin, end).

    >>> excerpt("，" * 500 + "天气" + "，" * 500, 500, 502).index("天气")
    99
    """
    first = max(0, min((begin + end - EXCERPT_CHARS) // 2, len(text) - EXCERPT_CHARS))
    first = min(first, begin)
    return text[first : first + EXCERPT_CHARS]


def excerpt_with(text: str, folded: str) -> str:
    """The part around the first place of a folded word; the beginning of a text that does not hold it as it is folded.

    >>> excerpt_with("长" * 300 + "看ＡＰＰ", "app")[-4:]
    '看ＡＰＰ'
    """
    place = max(0, fold_characters(text).find(folded))
    return excerpt(text, place, place + len(folded))
