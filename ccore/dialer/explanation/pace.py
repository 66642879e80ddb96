"""What the pace of a campaign waits for, in words with its figures: pure."""

from collections.abc import Iterator, Mapping

from ccore.centre.campaign import Campaign
from ccore.dialer.explanation.words import Said, counted
from ccore.dialer.pacing import Policy, Why
from ccore.dialer.surroundings import Standing


def pace_said(campaign: Campaign, standing: Standing, answered: int, abandoned: int) -> Iterator[Said]:
    """Of one node, what the last decision there says; ``answered`` and ``abandoned`` are of 30 days."""
    why, node, start = standing.decision.why, standing.node, standing.decision.start
    if not standing.linked:
        yield Said("link", True, f"{node}: there is no link to its Asterisk")
        return
    if not standing.fresh:
        yield Said("events", False, f"{node}: no event of Asterisk came for 5 s: nobody is called ahead of free agents")
    if standing.free_channels <= 0:
        most = campaign.pacing.most_channels
        under_way = sum(standing.under_way.values())
        full = f" (most_channels is {most})" if under_way >= most else ""
        yield Said("channels", True, f"{node}: no channel is free, {counted(under_way, 'call')} under way{full}")
    elif standing.found_nobody:
        text = f"{node}: {counted(standing.wanted, 'contact')} wanted, none found who is due and may be called"
        yield Said("nobody-due", True, text)
    elif start:
        yield Said("pace", False, f"{node}: {counted(start, 'call')} begun at the last look")
    else:
        yield Said(why.gate, True, f"{node} waits: {waits(campaign, why, answered, abandoned)}")
    yield from _falls_back(campaign, why, node)


# Gates of the pace that come and go while a campaign dials as it should.
MOMENTS = frozenset({"progressive", "ratio", "allowance", "exhausted", "per_agent", "calls_per_s", "channels"})
_WAITS: Mapping[str, str] = {  # by what the pace names as its gate
    "nobody": "no agent works for it there",
    "progressive": (
        "one call for each free agent: {idle} free, {busy} in a call or its wrap-up, {out} under way, {waiting}"
        " answered and waiting"
    ),
    "ratio": "{ratio:g} calls for each free agent: {idle} free, {out} under way",
    "allowance": (
        "{free:.1f} agents will be free within 5 s ({idle} are now), {answers:.1f} of {out} under way will be answered;"
        " one more would meet no agent with a chance above {theta:.1%}"
    ),
    "exhausted": (
        "{abandoned} of {answered} who answered were abandoned, {share:.2%} of {limit:g} % allowed ({bank:+.1f} calls"
        " are left): one call for each free agent, and all have one"
    ),
    "per_agent": "{out} under way for {at_work} agents, {per_agent:g} for each at most",
    "calls_per_s": "{rate:g} calls a second at most",
    "channels": "it is not sure yet whom it may call: what is under way, or who is due, is being looked at",
}


def waits(campaign: Campaign, why: Why, answered: int, abandoned: int) -> str:
    """Why not one more call is placed."""
    pacing = campaign.pacing
    return _WAITS[why.gate].format(
        idle=why.idle, busy=why.busy, waiting=why.waiting, at_work=why.idle + why.busy, bank=why.bank,
        theta=why.theta, free=why.expected_free, answers=why.expected_answers, out=counted(why.outstanding, "call"),
        answered=answered, abandoned=abandoned, share=abandoned / answered if answered else 0.0,
        limit=pacing.abandonment_percent, ratio=pacing.ratio, rate=pacing.most_calls_per_s,
        per_agent=Policy().at_most_per_agent,
    )  # fmt: skip


def _falls_back(campaign: Campaign, why: Why, node: str) -> Iterator[Said]:
    at_work, least = why.idle + why.busy, campaign.pacing.least_agents
    if campaign.mode == "predictive" and 0 < at_work < least:
        text = f"{node}: {counted(at_work, 'agent')}, fewer than the {least} of least_agents: nobody is called ahead"
        yield Said("least-agents", False, text)
