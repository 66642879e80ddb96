"""Columns that could hold text of a person and do not: with the map, all of schema.sql. A new one goes into either.

By kind: why nothing of a customer stands there; and by table its columns.
"""

from collections.abc import Mapping

# Employees, agents and those who sign in: people too, but of the house, and found by their number or login.
STAFF: Mapping[str, str] = {
    "agent_intervals": "agent pauses",
    "announcers": "number name pin_salt pin_hash set_by",
    "claim_bars": "detail lifted_by lifted_why",
    "coaching_notes": "agent by_whom",
    "departments": "name",
    "displays": "name language role link hash address browser ended_by",
    "echelon_calls": "agent queue called_by",
    "employee_pins": "pin_salt pin_hash set_by",
    "people": "login name role agent password_salt password_hash made_by employee language password totp_secret",
    "period_results": "group_name fate",
    "presence_log": "agent state reason queue call_id node device_number by_whom",
    "presences": "agent state device_kind device_number node reason queue call_id",
    "recovery_codes": "hash",
    "sessions": "hash role address browser ended_by",
    "sign_in_codes": "hash",
    "sign_in_tries": "login address refused",
    "spied_sessions": "node channel call_id agent spied who phone mode",
    "team_versions": "set_by",
    "teams": "name",
    "tokens": "hash role note made_by scopes",
    "wanted_members": "node queue interface name state_interface pause_reason agent",
}

# What operators and designers write for everybody: menus, products, announcements, campaigns; and who did.
OPERATORS: Mapping[str, str] = {
    "announcement_sounds": "language text audio sha256",
    "announcements": "node divert source made_by request ended_by",
    "campaigns": "name state by reason",
    "claims": "code made_by ended_by",
    "closings": "queue prompt made_by opened_by",
    "commission_disputes": "state",
    "commission_entries": "account",
    "commission_payouts": "made_by",
    "commission_rules": "kind tiers made_by",
    "contact_lists": "list title made_by deleted_by",
    "dialplan_contents": "sha256 content",
    "dialplan_drafts": "login path content was",
    "dialplan_files": "path sha256",
    "dialplan_publications": "kind asked_by note told",
    "dialplan_running": "instance nodes error",
    "dialplan_switches": "switched_by reason",
    "dialplan_versions": "made_by note",
    "list_uploads": (
        "list file_name sha256 key asked columns encoding instance stored_as life state counts reason asked_by"
    ),
    "managed_queues": "node queue",
    "number_regions": "region beginnings",
    "product_relations": "kind",
    "product_terms": "confirm made_by",
    "product_tests": "steps tested_by",
    "products": (
        "code name_zh name_en lines state intro_zh intro_en ways confirm provision_as beginnings regions part_held"
    ),
    "prompt_builds": "asked_by failed trouble why",
    "queue_terms": "line queue skills",
    "sales_periods": "name closed_by open_orders policy",
    "scorecards": "name sha256 content",
    "trunk_kills": "trunk by reason",
    "volume_plans": "queue",
}

# Figures, alarms and what the dialler has learnt: of many, by names of queues, trunks, products.
FIGURES: Mapping[str, str] = {
    "alerts": "name subject text text_en acknowledged_by",
    "attempt_days": "product claim channel outcome",
    "call_statistics": "node",
    "echelon_states": "queue",
    "owed": "account",
    "owed_changes": "account",
    "pacer_snapshots": "campaign node learnt",
    "pacing_log": "campaign node why",
    "queue_intervals": "queue",
    "sales_by_claim_day": "channel state",
    "sales_by_claim_month": "channel state",
    "sales_by_department_day": "channel state",
    "sales_by_group_day": "channel state",
    "sales_by_group_month": "channel state",
    "sales_by_product_day": "channel state",
    "sales_counted": "state",
    "skill_intervals": "skill",
    "trunk_rests": "node trunk reason",
    "trunk_spend": "trunk",
    "webhook_outbox": "event body state error",
}

# ccore's own: numbers leave masked in files of reports, and this domain's tables lose theirs with each request.
OWN: Mapping[str, str] = {
    "ami_gaps": "node instance why",
    "ami_links": "node instance booted_at why",
    "audit_seals": "previous hash",
    "call_log_reads": "node log",
    "call_nodes": "node",
    "export_parts": "content",
    "exports": "asked_by kind format question state trouble",
    "instances": "instance software",
    "leases": "name holder life",
    "person_export_parts": "content",
    "person_finds": "kind ref",
    "person_requests": (
        "kind number masked pattern core pseudonym reason state waits trouble found did asked_by confirmed_by"
    ),
    "schema_migrations": "name checksum",
}

# Names of channels and calls that Asterisk made up, states and words of lists, and who of the staff did it.
WORDS: Mapping[str, str] = {
    "agent_tries": "call_key number",
    "announcer_tries": "call_key number",
    "call_back_attempts": "channel node outcome",
    "call_backs": "queue done_by tier language noted_by node channel",
    "call_cuts": "node linkedid",
    "call_folds_due": "node linkedid",
    "call_record_rejects": "node log file digest",
    "cases": "verdict by_whom removed_by",
    "cdr": "node linkedid uniqueid dcontext lastapp disposition amaflags digest",
    "cel": "node digest eventtype context appname amaflags uniqueid",
    "dispositions": "agent queue disposition by_whom",
    "enquiry_tries": "call_key number",
    "folded_calls": "node state disposition context",
    "fraud_flags": "reason state ended_by",
    "handlings": "node agent by_whom what",
    "inbox": "gateway gateway_id receiver state",
    "machine_samples": "campaign trunk cause verdict by",
    "offers": "node channel line agent outcome",
    "order_attempts": "call_key dialled channel outcome reason",
    "order_moves": "was became by",
    "orders": "call_key dialled channel state confirm_by demanded_by earns trunk",
    "outbox": "call_key kind channel language purpose claimed_by gateway gateway_id",
    "previews": "agent campaign queue state",
    "provisionings": "action state",
    "queue_calls": "node uniqueid queue line language tier how agent device",
    "queue_folds_due": "node linkedid",
    "queue_rings": "node linkedid uniqueid caller queue line agent device outcome",
    "receipts": "gateway word",
    "recording_keys": "key_id wrapped",
    "recording_objects": "object storage",
    "recording_pauses": "why by_whom resumed_by",
    "recording_segments": "agent channel",
    "review_steps": "who step",
    "reviews": "agent reviewer state fatal",
    "texts_handled": "call_key outcome",
    "visits": "queue node uniqueid line tier language",
    "walk_folds_due": "node linkedid",
    "walk_steps": "node uniqueid menu outcome",
    "walks": "node uniqueid hotline language outcome",
    "wanted_recordings": "node channel call_id file",
}

NOBODYS: tuple[Mapping[str, str], ...] = (STAFF, OPERATORS, FIGURES, OWN, WORDS)
