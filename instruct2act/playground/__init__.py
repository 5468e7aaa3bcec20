"""The playground: a web page on which a person says, points at, runs, watches and stops programs.

``server`` answers a browser; ``jobs`` owns users, queue, limits and runs; everything that simulates, perceives or
decodes is ``work`` of a process that is forked for it, with a pipe to ``jobs`` by ``processes``. ``page`` is what the
browser loads, and owns nothing. ``server -> jobs -> processes <- work``: no other way round.
"""
