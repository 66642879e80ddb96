"""A real OpenLDAP of a test's own, with TLS by an own authority: people, groups, and whatever befalls it."""

import asyncio
import datetime
import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ccore.directory import Ldap
from ccore.people.directory import Directory
from ccore.shipped import kept, shipped
from tests.support.ports import free_port
from tests.support.waiting import until

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3

BASE = "dc=example,dc=com"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
ROOT, CCORE = f"cn=admin,{BASE}", f"cn=ccore,{BASE}"
SECRET = "secret-of-ccore-itself"
PASSWORD = "what the directory knows"
LOCKED_FOR_EVER = "000001010000Z"

_CONF = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/nis.schema
include {schema}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
moduleload ppolicy
pidfile {here}/slapd.pid
TLSCACertificateFile {here}/ca.pem
TLSCertificateFile {here}/server.pem
TLSCertificateKeyFile {here}/server.key
database mdb
maxsize 16777216
suffix "{base}"
rootdn "{root}"
rootpw {secret}
directory {here}/data
overlay ppolicy
ppolicy_default "cn=policy,{base}"
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{ccore}" read by * none
"""


def person(login: str) -> str:
    """Their DN."""
    return f"uid={login},{PEOPLE}"


def group(name: str) -> str:
    """Its DN."""
    return f"cn={name},{GROUPS}"


@dataclass(slots=True)
class Slapd:
    """The server; ``port`` is for ldap:// with STARTTLS, ``secure_port`` for ldaps://."""

    here: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    secure_port: int = field(default_factory=free_port)
    _process: asyncio.subprocess.Process | None = None

    @property
    def authority(self) -> Path:
        """The certificate of who signed the server's."""
        return self.here / "ca.pem"

    def settings(self, **changes: Any) -> Ldap:
        """How ccore is told of it."""
        said: dict[str, Any] = {
            "url": f"ldaps://localhost:{self.secure_port}",
            "ca_file": self.authority,
            "bind_dn": CCORE,
            "base": PEOPLE,
            "agent_attribute": "telephoneNumber",
            "employee_attribute": "employeeNumber",
            "roles": [{"group": group("admins"), "role": "admin"}, {"group": group("agents"), "role": "agent"}],
            "timeout_s": 20,
        }
        return Ldap.model_validate(said | changes)

    def directory(self, **changes: Any) -> Directory:
        """ccore's side of it."""
        return Directory(self.settings(**changes), SECRET)

    async def start(self) -> None:
        """It answers when this is over."""
        urls = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.secure_port}"
        self._process = await asyncio.create_subprocess_exec(
            _program(), "-f", self.here / "slapd.conf", "-h", urls, "-d", "0", env=self.environment,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await until(self._answers)

    async def stop(self) -> None:
        """End it."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            await self._process.wait()

    def hold(self) -> None:
        """Connections are taken from now on, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It answers again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def change(self, dn: str, **to: str | list[str]) -> None:
        """Give an entry other attributes; an empty list takes one away."""
        values = {
            name: [(ldap3.MODIFY_REPLACE, [value] if isinstance(value, str) else value)] for name, value in to.items()
        }
        with self._managed() as manager:
            assert manager.modify(dn, values), manager.result

    def remove(self, dn: str) -> None:
        """An entry is no more."""
        with self._managed() as manager:
            assert manager.delete(dn), manager.result

    @contextmanager
    def _managed(self) -> Iterator[Any]:
        server = ldap3.Server("127.0.0.1", self.port, get_info=ldap3.NONE)
        manager = ldap3.Connection(server, ROOT, SECRET, auto_bind=True)
        try:
            yield manager
        finally:
            manager.unbind()

    async def _answers(self) -> bool:
        for port in (self.port, self.secure_port):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            writer.close()
        return True


@asynccontextmanager
async def running(here: Path) -> AsyncIterator[Slapd]:
    """With ada (admin), ivy and omar (agents), and nora, who is in no group; each has PASSWORD."""
    (here / "data").mkdir(parents=True)
    _certificates(here)
    root = _root()
    places = {"schema": root / "etc/ldap/schema", "modules": root / "usr/lib/ldap"}
    conf = _CONF.format(here=here, base=BASE, root=ROOT, ccore=CCORE, secret=SECRET, **places)
    (here / "slapd.conf").write_text(conf, encoding="utf-8")
    (here / "people.ldif").write_text(_ldif(), encoding="utf-8")
    libraries = [str(path) for place in ("usr/lib", "lib") for path in sorted((root / place).glob("*-linux-gnu*"))]
    environment = os.environ | ({} if root == Path("/") else {"LD_LIBRARY_PATH": ":".join(libraries)})
    filled = [_program(), "-T", "add", "-f", f"{here}/slapd.conf", "-l", f"{here}/people.ldif"]
    await asyncio.to_thread(subprocess.run, filled, env=environment, check=True, capture_output=True)
    server = Slapd(here, environment)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _root() -> Path:
    """Where OpenLDAP is: in this machine, or unpacked once into the user's cache, as Kannel is."""
    if shutil.which("slapd", path="/usr/sbin:/usr/local/sbin"):
        return Path("/")
    root = kept() / "slapd-1"
    if not root.exists():
        script = shipped("asterisk-docker") / "kannel.sh"
        subprocess.run(["/bin/bash", script, root, "slapd"], check=True, capture_output=True, timeout=300)
    return root


def _program() -> str:
    return str(_root() / "usr/sbin/slapd")


def _ldif() -> str:
    entries = [
        (BASE, ["objectClass: dcObject", "objectClass: organization", "o: Example", "dc: example"]),
        (PEOPLE, ["objectClass: organizationalUnit", "ou: people"]),
        (GROUPS, ["objectClass: organizationalUnit", "ou: groups"]),
        (CCORE, ["objectClass: organizationalRole", "objectClass: simpleSecurityObject", "cn: ccore",
                 f"userPassword: {SECRET}"]),
        (f"cn=policy,{BASE}", ["objectClass: organizationalRole", "objectClass: pwdPolicy", "cn: policy",
                               "pwdAttribute: userPassword", "pwdLockout: TRUE"]),
    ]  # fmt: skip
    for login, name, more in (
        ("ada", "Ada 管理", []),
        ("ivy", "Ivy 张", ["telephoneNumber: 1007", "employeeNumber: E002"]),
        ("omar", "Omar", ["telephoneNumber: 1001"]),
        ("nora", "Nora", []),
    ):
        said = ["objectClass: inetOrgPerson", f"uid: {login}", "sn: x", f"cn: {name}", f"userPassword: {PASSWORD}"]
        entries.append((person(login), said + more))
    for name, members in (("admins", ["ada"]), ("agents", ["ada", "ivy", "omar"])):
        said = ["objectClass: groupOfNames", f"cn: {name}", *(f"member: {person(each)}" for each in members)]
        entries.append((group(name), said))
    return "\n".join("\n".join([f"dn: {dn}", *lines, ""]) for dn, lines in entries)


def _certificates(here: Path) -> None:
    """An authority, and a certificate of it for localhost."""
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    own = _certificate("the test's own authority", authority, "the test's own authority", authority, authority=True)
    theirs = _certificate("localhost", server, "the test's own authority", authority, authority=False)
    pem = serialization.Encoding.PEM
    (here / "ca.pem").write_bytes(own.public_bytes(pem))
    (here / "server.pem").write_bytes(theirs.public_bytes(pem))
    key = server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (here / "server.key").write_bytes(key)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    by: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-").replace("'", ""))]), critical=False
        )
    )
    return made.sign(by, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
