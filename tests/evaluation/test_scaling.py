import pytest

from instruct2act.bench.scaling import Cost, Site, simulate

EPISODE = [Cost(1.0, (0.5, 0.5))]


def test_workers_on_their_own_add_up() -> None:
    one, eight = simulate(EPISODE, Site(1), 0.5), simulate(EPISODE, Site(8), 0.2)
    assert one.per_hour == pytest.approx(1800, rel=0.01)
    assert eight.per_hour == pytest.approx(8 * 1800, rel=0.01)
    assert eight.workers_busy == pytest.approx(1.0, abs=0.01)


def test_few_actors_bind_many_workers() -> None:
    few, many = simulate(EPISODE, Site(64, 1, 10.0), 0.1), simulate(EPISODE, Site(64, 16, 10.0), 0.1)
    assert few.per_hour == pytest.approx(3600 / 0.1, rel=0.02)  # each episode is 0.1 s of the one actor
    assert few.actors_busy > 0.98 and few.workers_busy < 0.7
    assert many.per_hour == pytest.approx(64 * 3600 / 1.1, rel=0.02)
    assert many.actors_busy < 0.5


def test_lost_workers_cost_what_they_played() -> None:
    whole, lossy = (
        simulate([Cost(20.0, ())], site, 10.0) for site in (Site(32), Site(32, losses_per_hour=2.0, replaced_s=180.0))
    )
    assert lossy.again > 100
    assert 0.85 < lossy.per_hour / whole.per_hour < 0.95  # away 3 minutes of every 33


def test_an_actor_that_is_rarely_asked_keeps_nobody_waiting() -> None:
    mixed = [Cost(0.2, (0.1,)), Cost(5.0, (0.5,))]
    found = simulate(mixed, Site(64, 1, 20.0), 0.1)
    assert found.workers_busy > 0.93
    assert found.per_hour == pytest.approx(64 * 3600 / 2.6, rel=0.1)
    assert found.actors_busy == pytest.approx(64 / 2.6 * 0.015, rel=0.15)
