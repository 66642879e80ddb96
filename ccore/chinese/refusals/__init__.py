"""What the API says of requests that it does not serve, in Chinese: pure."""
