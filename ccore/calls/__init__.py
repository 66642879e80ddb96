"""What a call is: the events of each Asterisk become facts about calls, in order and once."""
