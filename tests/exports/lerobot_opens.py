"""Opens an exported data set with the lerobot package, in its own environment: `make test-lerobot` runs this."""

import sys

import numpy as np
import torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset


def main(folder: str) -> None:
    data = LeRobotDataset("own/exported", root=folder, video_backend="pyav")
    rows = [data[place] for place in range(len(data))]
    assert len(rows) == data.num_frames == data.meta.total_frames > data.num_episodes > 1
    for row in rows:
        for camera in ("top", "front"):
            picture = row[f"observation.images.{camera}"]
            assert picture.shape == (3, 128, 256) and picture.dtype == torch.float32
            assert 0 <= picture.min() < 0.3 and 0.5 < picture.max() <= 1
        assert row["action"].shape == (6,) and row["action"].abs().max() <= 1
        assert row["observation.state"].shape == (4,)
        assert row["program"].startswith("def main()") and row["status"] == "finished"
        assert row["task"] and "{" not in row["task"]
    ends = [place for place, row in enumerate(rows) if row["next.done"]]
    assert ends == [end - 1 for end in data.meta.episodes["dataset_to_index"]]
    assert all(rows[place]["next.success"] for place in ends)
    gained = np.zeros(data.num_episodes)
    for row in rows:
        gained[int(row["episode_index"])] += float(row["next.reward"])
    assert np.allclose(gained, 1.0, atol=1e-5)
    first = [next(row for row in rows if row["episode_index"] == k) for k in range(2)]
    pictures = [row["observation.images.top"] for row in first]
    assert (pictures[0] - pictures[1]).abs().mean() > 0.01, "two episodes show two tables"
    windows = {"action": [0.0, 1.0], "observation.images.top": [-1.0, 0.0]}
    timed = LeRobotDataset("own/exported", root=folder, video_backend="pyav", delta_timestamps=windows)
    for batch in torch.utils.data.DataLoader(timed, batch_size=4, shuffle=True):
        assert batch["action"].shape[1:] == (2, 6) and batch["observation.images.top"].shape[1:] == (2, 3, 128, 256)
    some = LeRobotDataset("own/exported", root=folder, video_backend="pyav", episodes=[1])
    assert {int(row["episode_index"]) for row in (some[place] for place in range(len(some)))} == {1}
    assert data.meta.stats["observation.images.top"]["mean"].shape == (3, 1, 1)
    sys.stdout.write(
        f"lerobot opens {folder}: {data.num_episodes} episodes, {len(data)} rows, {data.meta.total_tasks} tasks\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
