"""Staff and developers: the REST API under /api/v1/accounts/{account}, for API tokens."""
