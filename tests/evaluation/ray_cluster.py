"""Two Ray nodes on this machine, in a process of their own: prints the address, and answers lines of input.

``lose`` loses the second node at once, as a spot market does; ``gpus`` says how much of its GPU nobody has:
to Ray a GPU is a number to place by, whether or not there is one.

They speak by the machine's own address, which the kernel routes over loopback: Ray takes no 127.0.0.1 from a client.
"""

from __future__ import annotations

import sys

import ray
from ray.cluster_utils import Cluster


def main() -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "num_gpus": 1, "include_dashboard": False})
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    _say(cluster.address)
    for line in sys.stdin:
        if line.strip() == "lose":
            cluster.remove_node(second, allow_graceful=False)
            _say("lost")
        elif line.strip() == "gpus":
            _say(f"{ray.available_resources().get('GPU', 0):g}")
    ray.shutdown()
    cluster.shutdown()


def _say(line: str) -> None:
    sys.stdout.write(f"> {line}\n")  # Ray has things to say there, too
    sys.stdout.flush()


if __name__ == "__main__":
    main()
