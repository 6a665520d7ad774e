"""Recognises numbers, dates, amounts and ages, which are never news, however suddenly they become frequent.

Deliberately a short closed rule on the folded word and no dictionary: only digits with counters and units.
"""

import re

_UNITS = (
    "岁|年代?|月|日|号|天|时|点|分钟?|秒|小时|周年?|个|多|余|几|第|约|近|超|万|亿|千|百|元|块|角|美元|人|名|位|次|例|起|条|件|只|部|集|期|届|"
    "比|度|米|公里|千米|厘米|公斤|斤|吨|克|平|倍|成|级|楼|层|路|%|th|km|kg|cm|am|pm|w|k|g|m|h"
)
_QUANTITY = re.compile(rf"(?:{_UNITS})*(?:[0-9一二三四五六七八九十两]+(?:{_UNITS})*)+")


def is_quantity(word: str) -> bool:
    """Whether a folded word is a number with counters at most.

    >>> [is_quantity(word) for word in ("12岁", "2022年1月", "第10届", "3比2", "749局", "iphone14", "三星堆")]
    [True, True, True, True, False, False, False]
    """
    return bool(_QUANTITY.fullmatch(word)) and any(character.isdigit() for character in word)
