"""The published VIMABench, from a checkout of the user's, behind the interface of our own table.

Each episode has a process of its own (``sim.vimabench.link``), since VIMABench's engine calls lack client ids and it
changes what is global: a seed names an episode whichever came before it. What differs from our table:

* pictures are 128 x 256; depth is what VIMABench renders beside their colours and leaves out of its observations
  (pictures of an object alone have none); truth is its segmentation, its bodies numbered anew by visible size, for the
  order of its own gives their roles away;
* the verdict is VIMABench's (``vima``): the first success or failure ends the episode;
* states are what the truth in the top view shows: footprints, heights by depth;
* a motion that ran out of VIMABench's five wall-clock seconds says something about the machine: ``RobotLost``.
"""

from sim.vimabench.env import PARTITIONS, VimaBenchEnv
from sim.vimabench.robot import VimaBenchRobot

__all__ = ["PARTITIONS", "VimaBenchEnv", "VimaBenchRobot"]
