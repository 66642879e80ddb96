"""Which gateway the configuration names."""

from pydantic import SecretStr

from ccore.config import Config, Secrets
from ccore.messaging.gateways import Gateway
from ccore.messaging.gateways.file import FileGateway
from ccore.messaging.gateways.kannel import Account, KannelGateway
from ccore.messaging.gateways.smpp import Centre, SmppGateway
from ccore.texting import GatewayKind

RECEIPT_PATH, INCOMING_PATH = "/sms/receipt", "/sms/incoming"


def kind(config: Config) -> GatewayKind:
    """The gateway's kind: without a word on it a Kannel of ccore's own, where ccore starts Asterisk itself."""
    if config.messages.gateway is not None:
        return config.messages.gateway
    return "kannel" if any(node.kind == "embedded" for node in config.nodes.values()) else "none"


def runs_kannel(config: Config) -> bool:
    """Whether ccore is to start a Kannel of its own."""
    return kind(config) == "kannel" and not config.messages.kannel.url


def address(config: Config, secrets: Secrets, path: str) -> str:
    """Where Kannel brings what ``path`` says, with the key; "" if there is none."""
    key = _told(secrets.messages_key)
    return f"{config.messages.own_address(config.http.host, config.http.port)}{path}?key={key}" if key else ""


def account(config: Config, secrets: Secrets, url: str) -> Account:
    """How the Kannel at ``url`` is asked."""
    receipts = address(config, secrets, RECEIPT_PATH)
    settings = config.messages
    return Account(url, settings.kannel.username, _told(secrets.kannel_password), settings.sender, receipts)


def chosen(config: Config, secrets: Secrets, own_kannel: str = "") -> Gateway | None:
    """The gateway; ``own_kannel`` is the address of sendsms of a Kannel that ccore has started. None: messages wait."""
    settings = config.messages
    match kind(config):
        case "kannel" if url := settings.kannel.url or own_kannel:
            return KannelGateway(account(config, secrets, url), settings.at_once, settings.timeout_s)
        case "file":
            return FileGateway(config.var / settings.directory)
        case "smpp":
            at, password = settings.smpp, _told(secrets.smpp_password)
            centre = Centre(at.host, at.port, at.system_id, password, at.system_type, settings.sender, at.pair)
            return SmppGateway(centre, settings.at_once, settings.timeout_s)
    return None


def _told(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
