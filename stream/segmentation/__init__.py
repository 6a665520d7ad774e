"""The method (kexue.fm/archives/3913): count characters and pairs, keep pairs of high PMI, cut the rest. Pure."""
