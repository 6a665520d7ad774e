"""The method of the article (kexue.fm/archives/3913): count characters and pairs, keep pairs of high PMI, cut. Pure."""
