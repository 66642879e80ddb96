"""What is asked over HTTP: the domains of one ccore."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ccore.ami.link import Link
from ccore.calls.service import Calls
from ccore.calls.tracker import Tracker
from ccore.db.pool import Database
from ccore.desk.service import Desk
from ccore.dialer.campaigns import Campaigns
from ccore.ivr.hotlines import Hotlines
from ccore.marketing.service import Marketing
from ccore.numbers.service import Numbers
from ccore.ordering.assembly import Selling
from ccore.people.service import People
from ccore.people.sign_in import SignIn
from ccore.privacy.service import Privacy
from ccore.queues.floor import Floor
from ccore.recording.archive import Archive
from ccore.recording.recorder import Recorder
from ccore.reports.exports import Exports
from ccore.reports.service import Reports
from ccore.supervision.service import Supervision
from ccore.versions.instances import Instances
from ccore.web.app import Health
from ccore.web.live.hub import Hub


@dataclass(frozen=True, slots=True)
class Domains:
    """All that routes are made of."""

    database: Database
    links: Mapping[str, Link]
    trackers: Mapping[str, Tracker]
    calls: Calls
    instances: Instances
    health: Callable[[], Health]
    people: People
    sign_in: SignIn
    hotlines: Hotlines
    floor: Floor
    recorder: Recorder
    archive: Archive
    supervision: Supervision
    desk: Desk
    campaigns: Campaigns
    marketing: Marketing
    selling: Selling
    numbers: Numbers
    reports: Reports
    exports: Exports
    privacy: Privacy
    live: Hub
