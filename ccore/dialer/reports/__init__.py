"""What a campaign did, afterwards: counted, as tables, as files, as a log to replay."""
