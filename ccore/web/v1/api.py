"""All that version 1 of the API answers: a line for each subject."""

from typing import Any

from aiohttp import web
from pydantic import SecretStr

from ccore.ami.itself import Selves
from ccore.centre.centre import Centre
from ccore.clock import utc_now
from ccore.config import Config
from ccore.desk.pop import Pops
from ccore.dialer.lists.barring import Barring
from ccore.dialer.lists.contacts import Lists
from ccore.dialer.lists.uploading import site_of
from ccore.people.displays import Displays
from ccore.quality.learning import Learning
from ccore.quality.service import Quality
from ccore.reports.story import Stories
from ccore.versions import disk
from ccore.versions.drafts import Drafts
from ccore.versions.publications import Publications
from ccore.web.auth import Auth
from ccore.web.domains import Domains
from ccore.web.live import socket as live_socket
from ccore.web.once import Once
from ccore.web.rates import Rates
from ccore.web.sipws import SipSockets
from ccore.web.v1 import (
    about,
    agents,
    alerts,
    announcements,
    audit,
    barring,
    callbacks,
    calls,
    campaign_reports,
    campaigns,
    claims,
    closings,
    commission,
    commission_overview,
    contact_callbacks,
    contacts,
    desk,
    displays,
    drafts,
    echelons,
    employees,
    fraud,
    friends,
    handling,
    hotlines,
    learning,
    listening,
    machines,
    my,
    nodes,
    openapi,
    order_entry,
    orders,
    people,
    period_closing,
    periods,
    phone,
    pop,
    previews,
    privacy,
    products,
    prompts,
    quality,
    queue_numbers,
    queue_report_choices,
    recordings,
    recordings_audio,
    recordings_choices,
    recordings_kept,
    recordings_shared,
    report_choices,
    reports,
    roles,
    sign_in,
    story,
    teams,
    texts,
    trunk_figures,
    trunks,
    unmasking,
    uploads,
    versions,
    walks,
)
from ccore.web.v1.live_calls import LiveCalls
from ccore.web.v1.operations import Operation, Served


def operations(
    config: Config,
    of: Domains,
    auth: Auth,
    rates: Rates,
    phones: SipSockets | None = None,
    turn_secret: SecretStr | None = None,
) -> list[Operation[Any, Any]]:
    """Every operation there is, and the one that describes them."""
    subjects = set[str]()
    dialling, lists = of.campaigns, Lists(of.database)
    live = LiveCalls(of.trackers, of.floor.agents.presences)

    changes = Drafts(of.database, config.versions_dir)
    publications, books = Publications(of.database, changes, config), hotlines.Books(changes)
    selves = Selves(of.links, {name: node.timezone for name, node in config.nodes.items()})

    def centre() -> Centre:
        return dialling.centre

    every = [
        *sign_in.operations(of.sign_in, auth, rates, config.zone.key),
        *people.operations(of.people, of.sign_in, subjects),
        *audit.operations(of.database),
        *unmasking.operations(of.database, list(config.nodes), live, of.marketing.staff, auth),
        *story.operations(Stories(of.database, list(config.nodes), config.site.region), centre, config.zone),
        *calls.operations(live, of.database, of.floor.agents.queues, config),
        *handling.operations(live, of.desk),
        *texts.operations(live, of.desk, centre),
        *desk.operations(of.floor.agents, of.desk, centre),
        *pop.operations(
            live,
            Pops(of.database, of.hotlines.customer, config.site.region),
            of.floor.agents.queues,
            list(config.nodes),
        ),
        *listening.operations(live, of.supervision, of.database),
        *agents.operations(of.floor.agents, of.floor.staff),
        *callbacks.operations(of.floor.waiting),
        *closings.operations(of.database, of.floor.waiting, config.dialplan),
        *queue_numbers.operations(of.numbers, config.zone),
        *queue_report_choices.operations(of.database, centre),
        *alerts.operations(of.numbers),
        *echelons.operations(of.numbers),
        *previews.operations(live, dialling.at_desk),
        *contact_callbacks.operations(dialling.at_desk.results),
        *machines.operations(dialling.at_desk.samples),
        *products.operations(of.marketing),
        *employees.operations(of.marketing, config),
        *friends.operations(of.marketing, config.site.region),
        *teams.operations(of.marketing),
        *claims.operations(of.marketing),
        *orders.operations(of.database, of.selling, of.marketing.staff, config.site.region, config.zone),
        *order_entry.operations(of.database, config, of.selling, of.marketing, live),
        *phone.operations(auth, phones, config.browser_phones, turn_secret),
        *fraud.operations(of.selling.desk),
        *commission.operations(of.selling.commission, of.marketing.staff),
        *commission_overview.operations(of.database, config, of.selling.commission, of.marketing),
        *periods.operations(of.selling.commission, of.marketing.staff),
        *period_closing.operations(of.database, of.selling.commission, config.periods),
        *my.operations(of.marketing, of.selling, of.reports, config.periods),
        *reports.operations(of.database, of.reports, of.exports, of.marketing.staff, config.zone),
        *report_choices.operations(of.database, of.marketing.staff),
        *prompts.operations(of.database, config, changes),
        *drafts.operations(of.database, changes, publications),
        *versions.operations(of.database, publications),
        *hotlines.operations(books),
        *walks.operations(books, of.hotlines.announcements.now, config.zone),
        *announcements.operations(of.hotlines.announcements, of.hotlines.nodes),
        *recordings.operations(live, of.recorder, of.database, config.zone),
        *recordings_choices.operations(of.floor.agents, centre),
        *recordings_audio.operations(of.archive.playback, agents_hear_their_own=config.recording.agents_hear_their_own),
        *recordings_kept.operations(of.archive.erasing),
        *privacy.operations(of.privacy, config.access.erasure_by_two),
        *recordings_shared.operations(of.archive.playback, of.archive.links),
        *quality.operations(
            Quality(of.database, config.zone, config.versions_dir / disk.LIVE),
            agents_hear_their_own=config.recording.agents_hear_their_own,
        ),
        *learning.operations(Learning(of.database)),
        *campaigns.operations(of.database, centre, config.zone),
        *campaign_reports.operations(
            of.database, centre, dialling.trunks.statuses, dialling.why, config.zone, config.site.region
        ),
        *trunks.operations(of.database, dialling.trunks, config.zone),
        *trunk_figures.operations(config, of.database),
        *nodes.operations(config, of, selves),
        *displays.operations(Displays(of.database), auth, config.zone.key),
        *contacts.operations(lists, config.site.region, centre),
        *uploads.operations(lists, dialling.uploading),
        *barring.operations(Barring(of.database), site_of(config), dialling.uploading.directory),
        *live_socket.operations(of.live, auth, config.instance),
        *about.operations(config, of, selves, utc_now()),
    ]
    every.append(roles.operation(every))
    subjects |= {each.subject for each in every}
    return [*every, openapi.operation(every)]


def routes(
    config: Config,
    of: Domains,
    auth: Auth,
    once: Once,
    phones: SipSockets | None = None,
    turn_secret: SecretStr | None = None,
) -> list[web.RouteDef]:
    """A route for each operation."""
    rates = Rates()
    return Served(auth, once, rates).routes(operations(config, of, auth, rates, phones, turn_secret))
