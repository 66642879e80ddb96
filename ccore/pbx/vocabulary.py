"""The applications and functions a dialplan may use, those it must not, and why not.

Only modules that ccore's ``modules.conf`` loads; ``chan_dahdi``'s own are not used. A test compares both with a running
Asterisk.
"""

from collections.abc import Mapping

APPLICATIONS: Mapping[str, str] = {
    "core": (
        "Answer BackGround Busy Congestion Goto GotoIf GotoIfTime Hangup NoOp Proceeding Progress Ringing "
        "SayAlpha SayDigits SayNumber SayPhonetic Set Wait WaitDigit WaitExten"
    ),
    "app_amd": "AMD",
    "app_cdr": "ResetCDR",
    "app_celgenuserevent": "CELGenUserEvent",
    "app_chanspy": "ChanSpy",
    "app_dial": "Dial",
    "app_dtmfstore": "StoreDTMF",
    "app_echo": "Echo",
    "app_exec": "ExecIf",
    "app_milliwatt": "Milliwatt",
    "app_mixmonitor": "MixMonitor StopMixMonitor",
    "app_playback": "Playback",
    "app_playtones": "PlayTones StopPlayTones",
    "app_queue": "Queue QueueLog AddQueueMember RemoveQueueMember PauseQueueMember UnpauseQueueMember",
    "app_read": "Read",
    "app_record": "Record",
    "app_senddtmf": "SendDTMF",
    "app_stack": "Gosub GosubIf Return",
    "app_userevent": "UserEvent",
    "app_verbose": "Verbose Log",
    "app_waitforsilence": "WaitForSilence WaitForNoise",
    "func_hangupcause": "HangupCauseClear",
    "res_agi": "AGI",
    "res_musiconhold": "MusicOnHold StartMusicOnHold StopMusicOnHold",
}

FUNCTIONS: Mapping[str, str] = {
    "app_mixmonitor": "MIXMONITOR",
    "app_queue": (
        "QUEUE_EXISTS QUEUE_MEMBER QUEUE_MEMBER_COUNT QUEUE_MEMBER_LIST QUEUE_MEMBER_PENALTY "
        "QUEUE_VARIABLES QUEUE_WAITING_COUNT"
    ),
    "app_record": "RECORDING_INFO",
    "app_stack": "LOCAL",
    "func_base64": "BASE64_DECODE BASE64_ENCODE",
    "func_callerid": "CALLERID CONNECTEDLINE REDIRECTING",
    "func_cdr": "CDR CDR_PROP",
    "func_channel": "CHANNEL CHANNELS CHANNEL_EXISTS MASTER_CHANNEL",
    "func_cut": "CUT SORT",
    "func_db": "DB DB_DELETE DB_EXISTS DB_KEYCOUNT DB_KEYS",
    "func_devstate": "DEVICE_STATE HINT",
    "func_dialplan": "DIALPLAN_EXISTS VALID_EXTEN",
    "func_extstate": "EXTENSION_STATE",
    "func_groupcount": "GROUP GROUP_COUNT GROUP_LIST GROUP_MATCH_COUNT",
    "func_hangupcause": "HANGUPCAUSE HANGUPCAUSE_KEYS",
    "func_logic": "DELETE EXISTS IF IFTIME ISNULL VARIABLE_EXISTS",
    "func_math": "ABS DEC INC MATH MAX MIN",
    "func_pjsip_aor": "PJSIP_AOR",
    "func_pjsip_contact": "PJSIP_CONTACT",
    "func_pjsip_endpoint": "PJSIP_ENDPOINT",
    "func_rand": "RAND",
    "func_sprintf": "SPRINTF",
    "func_strings": (
        "CSV_QUOTE FIELDNUM FIELDQTY FILTER KEYPADHASH LEN LISTFILTER LTRIM PASSTHRU QUOTE REGEX REPLACE RTRIM "
        "STRBETWEEN STRFTIME STRPTIME STRREPLACE TOLOWER TOUPPER TRIM"
    ),
    "func_timeout": "TIMEOUT",
    "func_uri": "URIDECODE URIENCODE",
    "func_uuid": "UUID",
    "func_volume": "VOLUME",
    "res_pjsip_header_funcs": "PJSIP_HEADER PJSIP_HEADERS",
    "res_tonedetect": "TONE_DETECT",
}

_RUNS_COMMANDS = "runs commands of the operating system, and a caller's name is enough to choose them"
_HIDES = "runs what is put together at call time, which nobody can check beforehand"
_LEAVES = "lets a caller from the trunk make calls at the site's expense"
_OTHERS = "acts on calls of other people"
_LOOPS = "makes loops that cannot be checked to end: write GotoIf with labels"
_OUTSIDE = (
    "waits for something outside Asterisk, without a time limit, while the caller hears nothing: ask ccore by AGI"
)
_FILES = "reads or writes files of this machine"

FORBIDDEN_APPLICATIONS: Mapping[str, str] = {
    **dict.fromkeys(("System", "TrySystem", "ExternalIVR", "EAGI", "DeadAGI"), _RUNS_COMMANDS),
    **dict.fromkeys(("MinivmNotify", "MinivmRecord", "VoiceMail", "AudioSocket", "JACK", "MP3Player"), _OUTSIDE),
    **dict.fromkeys(("Stasis", "AsyncAGI", "Festival", "SMS", "MessageSend"), _OUTSIDE),
    **dict.fromkeys(("Exec", "TryExec", "ExecIfTime", "MSet"), _HIDES),
    **dict.fromkeys(("DISA", "Originate", "Transfer", "BlindTransfer", "AttendedTransfer", "FollowMe"), _LEAVES),
    **dict.fromkeys(("Page", "RetryDial", "Pickup", "PickupChan", "Directory", "Authenticate"), _LEAVES),
    **dict.fromkeys(("ExtenSpy", "DAHDIScan", "SoftHangup", "ChannelRedirect", "Bridge"), _OTHERS),
    **dict.fromkeys(("BridgeAdd", "ConfKick", "Reload", "DumpChan"), _OTHERS),
    **dict.fromkeys(("While", "EndWhile", "ExitWhile", "ContinueWhile", "If", "ElseIf", "Else", "EndIf"), _LOOPS),
    **dict.fromkeys(("Dictate", "DBdeltree", "DBdel", "SendText"), _FILES),
}

FORBIDDEN_FUNCTIONS: Mapping[str, str] = {
    **dict.fromkeys(("SHELL",), _RUNS_COMMANDS),
    **dict.fromkeys(("EVAL", "EVAL_EXTEN", "EVAL_SUB", "SET", "ARRAY", "HASH", "IMPORT", "SHARED"), _HIDES),
    **dict.fromkeys(("GLOBAL", "PERIODIC_HOOK", "SHIFT", "POP", "PUSH", "UNSHIFT", "LOCAL_PEEK", "STACK_PEEK"), _HIDES),
    **dict.fromkeys(("CURL", "CURLOPT", "ENUMLOOKUP", "ENUMQUERY", "SRVQUERY", "TXTCIDNAME"), _OUTSIDE),
    **dict.fromkeys(("REALTIME", "REALTIME_FIELD", "REALTIME_HASH", "REALTIME_STORE", "REALTIME_DESTROY"), _OUTSIDE),
    **dict.fromkeys(("FILE", "STAT", "ENV", "AST_CONFIG", "AST_SORCERY", "FILE_COUNT_LINE", "FILE_FORMAT"), _FILES),
}

FORBIDDEN_PREFIXES: Mapping[str, str] = {"ODBC_": _OUTSIDE, "SQL_": _OUTSIDE, "REALTIME": _OUTSIDE}


def known(words: Mapping[str, str]) -> list[str]:
    """Every name of such a table, in its own spelling."""
    return [name for names in words.values() for name in names.split()]
