"""The feed of facts: one order for all, nobody waited for, and losses told in their place."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from ccore.calls.feed import Feed, Missed
from ccore.calls.model import Fact, Kind
from tests.support.transcripts import NOW


def fact(number: int, node: str = "node1") -> Fact:
    return Fact(node, 1, number, NOW, Kind.STARTED, f"call{number}", "channel")


def missed(subscriber: str) -> float:
    return REGISTRY.get_sample_value("ccore_feed_missed_total", {"subscriber": subscriber}) or 0.0


async def test_all_subscribers_get_all_facts_of_all_nodes_in_one_order() -> None:
    feed = Feed()
    one, two = feed.subscribe("one"), feed.subscribe("two")
    published = [fact(1), fact(1, "node2"), fact(2), fact(3)]
    feed.publish(published[:2])
    feed.publish(iter(published[2:]))
    for subscription in (one, two):
        subscription.close()
        assert [got async for got in subscription] == published


async def test_a_subscriber_gets_what_comes_after_it_came_and_before_it_went() -> None:
    feed = Feed()
    feed.publish([fact(1)])
    subscription = feed.subscribe("guest")
    feed.publish([fact(2)])
    subscription.close()
    feed.publish([fact(3)])
    assert [got async for got in subscription] == [fact(2)]


async def test_a_slow_subscriber_loses_its_oldest_is_told_and_counted_and_nobody_else_is() -> None:
    feed = Feed()
    slow, quick = feed.subscribe("slow", limit=3), feed.subscribe("quick", limit=10)
    feed.publish([fact(1), fact(2)])
    assert await anext(slow) == fact(1)
    feed.publish(fact(number) for number in range(3, 8))
    assert [await anext(slow) for _ in range(4)] == [Missed(3), fact(5), fact(6), fact(7)]
    feed.publish([fact(8)])
    assert await anext(slow) == fact(8)
    assert [await anext(quick) for _ in range(8)] == [fact(number) for number in range(1, 9)]
    assert (missed("slow"), missed("quick")) == (3, 0)


async def test_publishing_more_than_anybody_keeps_at_once_leaves_the_newest() -> None:
    feed = Feed()
    subscription = feed.subscribe("small", limit=2)
    feed.publish(fact(number) for number in range(100))
    assert [await anext(subscription) for _ in range(3)] == [Missed(98), fact(98), fact(99)]


async def test_a_reader_that_waits_is_woken() -> None:
    feed = Feed()
    subscription = feed.subscribe("waiting")
    reading = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0)
    assert not reading.done()
    feed.publish([])
    feed.publish([fact(1)])
    assert await asyncio.wait_for(reading, 30) == fact(1)


async def test_closing_wakes_a_reader_too() -> None:
    subscription = Feed().subscribe("leaving")
    reading = asyncio.ensure_future(anext(subscription, None))
    await asyncio.sleep(0)
    subscription.close()
    assert await asyncio.wait_for(reading, 30) is None


async def test_how_many_facts_wait_is_measured() -> None:
    feed = Feed()
    subscription = feed.subscribe("measured")
    feed.publish([fact(1), fact(2)])
    assert REGISTRY.get_sample_value("ccore_feed_waiting", {"subscriber": "measured"}) == 2
    await anext(subscription)
    assert REGISTRY.get_sample_value("ccore_feed_waiting", {"subscriber": "measured"}) == 1


@pytest.mark.parametrize("limit", [1, 7])
async def test_facts_and_losses_add_up(limit: int) -> None:
    feed = Feed()
    subscription = feed.subscribe(f"adds up {limit}", limit=limit)
    seen = 0
    for number in range(50):
        feed.publish([fact(number)])
        if number % 9 == 0:
            got = await anext(subscription)
            seen += got.count if isinstance(got, Missed) else 1
    subscription.close()
    rest = [got async for got in subscription]
    assert seen + sum(got.count if isinstance(got, Missed) else 1 for got in rest) == 50
