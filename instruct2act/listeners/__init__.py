"""What people look at during a run and after it: listeners of an episode's events (``instruct2act.events``).

* ``console.Console`` tells the episode as it goes, on a terminal or in a log;
* ``strip.Strip`` writes one picture of the whole episode at its end;
* ``video.Video`` writes the motion as a film that browsers play.

``story`` collects what the last two draw, ``drawing`` and ``typeset`` hold the pens, ``words`` the short texts that all
of them share. ``close()`` of a listener may be called at any time, and again: it leaves no half-written file.
"""
