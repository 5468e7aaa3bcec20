"""What goes on: users, their sessions and limits, the queue, runs, plans, scenes, uploads, the pages that watch.

``manager`` owns all of it; nothing here simulates, perceives, decodes or runs a program.
"""
