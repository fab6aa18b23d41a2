"""What network scans found: networks, the scans of them, hosts, ports, and alerts about ports.

Every row names its tenant, children too, so that one index per export begins with the tenant.
"""

from .alerts import Alert
from .hosts import Host
from .networks import Network
from .ports import Port
from .scans import Scan

__all__ = ["Alert", "Host", "Network", "Port", "Scan"]
