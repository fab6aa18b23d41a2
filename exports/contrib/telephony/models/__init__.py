"""What a voice platform keeps: agents, the numbers that reach them, the calls, and LiveKit's events.

Text that the platform may not know is NULL; the empty string means that it was told so. Both export as an
empty cell. Ids that come from elsewhere (LiveKit, the SIP provider) are not unique here: these tables mirror
what arrived.
"""

from .agents import AgentConfig
from .calls import CallLog
from .events import LiveKitEvent
from .phone_numbers import PhoneNumberMapping

__all__ = ["AgentConfig", "CallLog", "LiveKitEvent", "PhoneNumberMapping"]
