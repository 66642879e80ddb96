"""The centre as its operators describe it: queues, phones, skills, reasons and results."""
