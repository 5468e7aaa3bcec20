"""What happens in a process of its own: a run, a plan, looks at scenes, an upload decoded, a film.

``nursery`` forks them with everything loaded (``preload``), ``child`` bounds each and gives it its work.
"""
