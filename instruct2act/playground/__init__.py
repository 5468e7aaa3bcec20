"""The playground: a web page on which a person says, points at, runs, watches and stops programs.

``server`` answers a browser, ``manager`` owns users, queue, limits and runs, and everything that simulates, perceives
or decodes happens in processes that ``zygote`` forks, with a pipe each. The page owns nothing.
"""
