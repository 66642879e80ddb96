"""Text messages: the outbox is sent through a gateway, receipts come back, and what comes in is handed on."""
