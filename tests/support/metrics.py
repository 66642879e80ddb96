"""Every metric a ccore has, as its code declares them."""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache

from prometheus_client import REGISTRY

import ccore


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name as Prometheus stores it (of a histogram without _bucket, _count, _sum), kind and labels."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]


@cache
def families() -> dict[str, Family]:
    """By name, every metric of ccore itself and of the Python process it runs in."""
    for module in pkgutil.walk_packages(ccore.__path__, "ccore."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = [_family(collector) for collector in {*REGISTRY._collector_to_names} if hasattr(collector, "_labelnames")]
    found += [
        Family(metric.name + ("_total" if metric.type == "counter" else ""), metric.type, metric.documentation, ())
        for metric in REGISTRY.collect()
        if not metric.name.startswith("ccore_")
    ]
    found.append(Family("up", "gauge", "1 if the last scrape was answered", ()))  # Prometheus's own
    return {family.name: family for family in found}


def ours() -> list[Family]:
    """Those of ccore itself."""
    return [family for name, family in families().items() if name.startswith("ccore_")]


def _family(collector: object) -> Family:
    name, kind = collector._name, collector._type  # type: ignore[attr-defined]
    suffix = "_total" if kind == "counter" else ""
    return Family(name + suffix, kind, collector._documentation, tuple(collector._labelnames))  # type: ignore[attr-defined]
