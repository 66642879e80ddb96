"""Numbers of queues, agents and skills, folded from channel events; alarms about them; and the standby staff."""
