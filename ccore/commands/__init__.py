"""The commands of ``ccore`` beside running it: one file each, named as the command is."""

import argparse
from collections.abc import Callable, Coroutine

from ccore.config import Config

Command = Callable[[argparse.Namespace, Config], Coroutine[None, None, int]]
# Adds a command: its name, what runs it, its help. Gives the parser for its arguments.
Add = Callable[[str, Command, str], argparse.ArgumentParser]
Register = Callable[[Add], None]
